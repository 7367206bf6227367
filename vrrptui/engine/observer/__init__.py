"""The passive observer: one packet socket for all interfaces, and the segment model.

Enter at `observer`; `replay` reads a file instead, `snapshots` publishes. Sends nothing. Imports capture, host, serve
and runtime.
"""
