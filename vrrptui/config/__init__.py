"""keepalived.conf, read into one frozen model with a place for everything. Pure but for reading the files named."""
