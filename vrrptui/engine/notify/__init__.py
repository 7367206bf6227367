"""Notifications of changes of state: scripts, FIFOs and mail. Enter at `notifications`.

Imports programs and state.
"""
