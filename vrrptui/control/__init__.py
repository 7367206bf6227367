"""The one vocabulary between the engine and everyone who asks it: keys, snapshots, events, commands, codec, forecasts.

Imports protocol.
"""
