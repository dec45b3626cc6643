"""The service's API: what is sent, and how answers are read. Pure: nothing here sends or waits."""
