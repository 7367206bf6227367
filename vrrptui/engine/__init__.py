"""The privileged, long-lived process: sockets, kernel, trackers, event loop. Never imports textual."""
