"""Programs that the engine starts: time limit, configured user, one start at a time.

Enter at `subprocess_run`. Imports runtime.
"""
