"""Sending: drivers of operations, retries, HTTP, the service in a box, offline, and downloads."""
