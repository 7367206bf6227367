"""The control socket: clients, their permissions, and the history.

Enter at `control_server`. Imports nothing else of the engine.
"""
