"""Problems of this host that affect VRRP, and what is open to other users. Enter at `checks`.

Imports host and serve.
"""
