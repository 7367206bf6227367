"""Builds the model from what the file contains: defaults, dependencies, strict mode.

The main module is `virtual_router`. Imports keywords, findings and model.
"""
