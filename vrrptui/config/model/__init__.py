"""The configuration as frozen values, each with its origin in the file. Enter at `configuration`.

Imports nothing else of config.
"""
