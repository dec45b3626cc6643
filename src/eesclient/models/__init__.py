"""The things that the service talks about: frozen classes without I/O."""
