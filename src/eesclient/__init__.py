"""A client for the explore education statistics API of the Department for Education."""
