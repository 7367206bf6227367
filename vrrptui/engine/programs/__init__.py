"""Programs that the engine starts: with a time limit, as the configured user, one after another.

Enter at `subprocess_run`. Imports runtime.
"""
