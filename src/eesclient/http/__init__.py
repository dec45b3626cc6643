"""How requests are sent and answers read."""
