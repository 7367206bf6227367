"""The virtual routers of this host: sockets, schedule, transmission, takeover, sync groups.

Enter at `instances` (all of them) and `instance` (one). The state machine itself is in `vrrptui.protocol`. Imports
addresses, host, capture, trackers, state and runtime.
"""
