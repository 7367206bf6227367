"""The lab's check script: restarts httpd if it does not answer, and fails if that does not help.

Runs on its own with the standard library only. Arguments: the router's name, its directory, the web server's program.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

RESTART_S = 1.5


def well() -> bool:
    """Report whether the web server here answers with status 200."""
    try:
        with socket.create_connection(("127.0.0.1", 80), timeout=0.5) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.0 200")
    except OSError:
        return False


def restart(name: str, folder: str, program: str) -> bool:
    """Restart the web server; return whether it answers."""
    if os.path.exists(os.path.join(folder, "httpd-is-broken")):
        print("httpd does not answer and cannot be restarted: its configuration is broken")
        return False
    with open(os.path.join(folder, "httpd.log"), "ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-I", "-S", program, name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    with open(os.path.join(folder, "httpd.pid"), "w") as file:
        file.write(str(server.pid))
    ends = time.monotonic() + RESTART_S
    while time.monotonic() < ends:
        if well():
            print("httpd did not answer; restarted it")
            return True
        time.sleep(0.05)
    print("httpd was restarted and does not answer")
    return False


if __name__ == "__main__":
    sys.exit(0 if well() or restart(*sys.argv[1:4]) else 1)
