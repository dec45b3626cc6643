"""The data catalogue: its addresses are unofficial, may change, and stand in `addresses` alone."""
