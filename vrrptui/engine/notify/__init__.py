"""How changes of state are reported: scripts, FIFOs and mail. Enter at `notifications`.

Imports programs and state.
"""
