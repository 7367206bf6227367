"""Writes a configuration in its own language, with all defaults. The main module is `instances`.

Imports keywords, language, findings and model.
"""
