"""The control socket: clients, what each may do, and the history that is kept for them.

Enter at `control_server`. Imports nothing else of the engine.
"""
