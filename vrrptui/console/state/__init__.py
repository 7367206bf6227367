"""The state of a console session: its engines, their state, vendors of MAC addresses.

Enter at `session`. Imports text and settings.
"""
