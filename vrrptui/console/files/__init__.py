"""Files that the console writes. Imports text and client."""
