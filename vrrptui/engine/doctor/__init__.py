"""What of this host gets in the way of VRRP, and what is open to other users. Enter at `checks`.

Imports host and serve.
"""
