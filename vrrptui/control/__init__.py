"""The vocabulary between an engine and its clients: keys, snapshots, events, commands, codec, forecasts.

Imports protocol.
"""
