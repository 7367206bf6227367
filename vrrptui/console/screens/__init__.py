"""The five screens, one module each. `tabs` lists them; `screen` is what they have in common.

Imports dialogs, files, state, text, widgets and settings.
"""
