"""Questions in other forms: in words, as Python, R and curl, and modules of names."""
