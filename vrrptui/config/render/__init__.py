"""A configuration written again in its own language, with what was left to defaults. Enter at `instances`.

Imports keywords, language, findings and model.
"""
