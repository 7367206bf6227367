"""What an engine reports about itself: snapshots of virtual routers, their faults, its own health.

Imports vrrp, trackers, host and serve.
"""
