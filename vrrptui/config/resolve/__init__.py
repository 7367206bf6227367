"""From what the file says to the frozen values: defaults, dependencies, strict mode. Enter at `virtual_router`.

Imports keywords, findings and model.
"""
