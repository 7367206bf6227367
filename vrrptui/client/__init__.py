"""Clients of the control socket: what the console and the command line share.

`connection` serves an asyncio loop, `blocking` one question; `view` folds what an engine publishes, and `joined_view` is made
of several views.
Imports control.
"""
