"""The engine's process: timers, garbage collection, log, signals, scheduling, systemd.

Each module stands alone. Imports nothing else of the engine.
"""
