"""Texts that the screens show, made from a view, without Textual. `prose` has the words.

Imports settings, client, control and protocol.
"""
