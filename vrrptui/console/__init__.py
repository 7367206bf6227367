"""The console: a client of the control socket, built on Textual.

Imports client, control and protocol. Textual reads its environment when it is imported, so settings that suit a console
over ssh are made here first: no animation, and no delay before a change is painted. Frames are written only when
something changed.
"""

import os

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
os.environ.setdefault("TEXTUAL_FPS", "120")
