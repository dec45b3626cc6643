"""Questions in other forms: in words, as Python and R, and modules of names."""
