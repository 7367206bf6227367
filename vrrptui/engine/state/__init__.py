"""What an engine keeps on disk: a lock, and the record of what it may have changed on the host.

A change is recorded first (`deeds`), so that `cleanup` finds it after a kill. Imports host.
"""
