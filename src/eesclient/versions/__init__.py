"""Versions of a data set: the past, what differs, what that means for a question, and why one gets no rows."""
