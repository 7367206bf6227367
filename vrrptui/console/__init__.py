"""The screen: a pure client of the engine's control socket, built on Textual.

Imports the control vocabulary and nothing else of ours. Textual reads its environment when it is imported, so what a
console over ssh wants is set here, before anything below is loaded: no animation, and what a key changed at once.
Frames are written only when something changed, so many a second cost nothing.
"""

import os

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
os.environ.setdefault("TEXTUAL_FPS", "120")
