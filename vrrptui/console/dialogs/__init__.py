"""Dialogs: actions with their forecast, help, palette. `choose` finds the one for an action.

Imports files, state, text, widgets and settings.
"""
