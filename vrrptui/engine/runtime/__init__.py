"""How the engine's process runs: timers, garbage collection, logs, signals, scheduling, systemd.

Each module stands alone. Imports nothing else of the engine.
"""
