"""What moves a priority or forbids mastership: scripts, files and processes. Enter at `trackers`.

Imports host, programs, and the packet filters of capture.
"""
