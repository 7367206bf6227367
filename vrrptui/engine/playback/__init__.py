"""Playing a capture like a live segment, over a control socket. Enter at `player`.

Imports observer, capture, serve and runtime.
"""
