"""The privileged, long-lived side: sockets, kernel, checks, the loop. Never imports textual."""
