"""The command line: parses, then imports only the side that is needed."""
