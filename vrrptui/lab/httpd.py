"""The lab's web server, which returns the name of its router. It has few imports, to start quickly."""

from __future__ import annotations

import socket
import sys

PORT = 80


def serve(name: str) -> None:
    """Answer every request with the router's name, until killed."""
    body = f"This is {name}.\n".encode()
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", PORT))  # noqa: S104 - the only network here is the lab's own
    listener.listen(64)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(1.0)
            try:
                connection.recv(4096)
                connection.sendall(head + body)
            except OSError:
                continue


if __name__ == "__main__":
    serve(sys.argv[1])
