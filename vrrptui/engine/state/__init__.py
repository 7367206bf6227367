"""Files of an engine: a lock, and the record of what it may have changed on the host.

A change is recorded before it is made (`host_changes`), so that `cleanup` finds it after a kill. Imports host.
"""
