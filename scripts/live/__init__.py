"""Ask the live service politely, and report where it differs from what this package takes it to do."""
