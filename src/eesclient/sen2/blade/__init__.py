"""The return as a Blade export: nine CSV files, read and written."""
