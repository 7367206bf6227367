"""One module for each command of `vrrptui`. Imports places and printing."""
