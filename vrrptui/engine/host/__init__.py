"""The host's network: links and addresses, followed and changed by netlink.

Enter at `kernel`. `accept_filter` is the nftables table for no_accept; `other_daemons` finds other VRRP programs.
Imports nothing else of the engine.
"""
