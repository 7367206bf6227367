"""The configuration as immutable values, each with its origin in the file. The main module is `configuration`.

Imports no other part of config.
"""
