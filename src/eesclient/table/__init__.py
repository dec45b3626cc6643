"""Rows of codes: which of them answer a question, as the service would choose them."""
