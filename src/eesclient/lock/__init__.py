"""Lock files: which exact versions a project reads; checked against the service, and brought up to date."""
