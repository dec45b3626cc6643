"""Questions: labels in, machine ids out. Pure: nothing is sent from here."""
