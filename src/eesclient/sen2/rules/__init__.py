"""The rules that a return is checked by: rows of `tables/rules.csv`, and what tests them."""
