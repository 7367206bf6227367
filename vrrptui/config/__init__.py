"""Reads keepalived.conf into one immutable model, with the origin of each value. Only reading files has effects."""
