"""A small mail server: takes every mail, says nothing about it, and keeps what it was told."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from vrrptui.lab.namespaces import inside


@dataclass
class Taken:
    """One mail and its envelope."""

    helo: str
    sender: str
    recipients: list[str] = field(default_factory=list)
    message: EmailMessage = field(default_factory=EmailMessage)


class SmtpServer:
    """Answers each connection in a thread of its own."""

    def __init__(self, namespace: int | None, address: str, silent: bool = False) -> None:
        """In this network namespace; None: in that of the process. `silent`: takes connections and says nothing."""
        with inside(namespace) if namespace is not None else contextlib.nullcontext():
            self._socket = socket.create_server((address, 0))
        self.address, self.port = self._socket.getsockname()
        self.taken: list[Taken] = []
        self._silent = silent
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for one in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._open.append(connection)
                if not self._silent:
                    threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        helo, mail = "", Taken("", "")
        with contextlib.suppress(OSError), connection.makefile("rb") as lines:
            connection.sendall(b"220 lab\r\n")
            for line in lines:
                text = line.decode().strip()
                word = text[:4].upper()
                if word in ("HELO", "EHLO"):
                    helo = text[5:]
                elif word == "MAIL":
                    mail = Taken(helo, text.partition(":")[2].split()[0].strip("<>"))
                elif word == "RCPT":
                    mail.recipients.append(text.partition(":")[2].strip().strip("<>"))
                elif word == "DATA":
                    connection.sendall(b"354 go on\r\n")
                    body = b"".join(iter(lambda: lines.readline(), b".\r\n"))
                    mail.message = message_from_bytes(body, policy=policy.default)
                    self.taken.append(mail)
                elif word == "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                connection.sendall(b"250 good\r\n")
