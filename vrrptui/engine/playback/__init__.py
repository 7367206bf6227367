"""A capture played like a live segment, over a control socket. Enter at `player`.

Imports observer, capture, serve and runtime.
"""
