"""The command line: parses the arguments, then imports only what the command needs."""
