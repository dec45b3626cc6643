"""How answers become columns."""
