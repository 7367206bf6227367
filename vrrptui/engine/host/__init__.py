"""The host's network as the kernel has it: links and addresses followed by netlink, and changed.

Enter at `kernel`. `accept_filter` is the nftables table of no_accept, `other_daemons` finds other VRRP programs.
Imports nothing else of the engine.
"""
