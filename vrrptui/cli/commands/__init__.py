"""One module for each command of `vrrptui`. Imports common."""
