"""Trackers change a priority or forbid mastership: scripts, files, processes. Enter at `trackers`.

Imports host, programs, and the packet filters of capture.
"""
