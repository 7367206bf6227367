"""Texts for the screens, made from a view, without Textual. `prose` has the basics.

Imports settings, client, control and protocol.
"""
