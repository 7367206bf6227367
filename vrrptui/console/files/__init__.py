"""Files that the console writes. Imports client."""
