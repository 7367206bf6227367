"""How commands print: plain lines and JSON, errors, adverts, events, vendors. Imports nothing else of cli."""
