"""The console's own settings: config.toml, keys, themes, filters. Enter at `preferences`.

Imports nothing else of the console.
"""
