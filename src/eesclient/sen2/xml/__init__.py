"""The return as XML: read quickly where it is plain, exactly where it is not, and written as it was."""
