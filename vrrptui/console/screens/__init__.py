"""The screens: each takes the session's view and turns it into lines and rows."""
