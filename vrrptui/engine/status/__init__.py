"""What an engine reports of itself: snapshots of its virtual routers, their faults, its own health.

Imports vrrp, trackers, host and serve.
"""
