"""What a console session knows: its engines, what they publish, and vendors of MAC addresses.

Enter at `session`. Imports text and settings.
"""
