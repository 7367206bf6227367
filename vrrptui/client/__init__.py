"""Clients of the control socket: what the console and the command line share.

`connection` serves an asyncio loop, `blocking` one question; `view` folds what an engine publishes, and `joined_view`
shows the views of several.
Imports control.
"""
