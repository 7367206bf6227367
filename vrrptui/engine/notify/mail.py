"""Mail about changes of state (keepalived's smtp_alert), sent by a thread so that the loop never waits.

A mail that cannot be sent is logged and dropped.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.config.model.configuration import GlobalConfig
from vrrptui.control.plain import plain

log = logging.getLogger(__name__)

QUEUE_LENGTH = 100
SERVER = "127.0.0.1"  # if smtp_server is not configured
OWNING = "=> VRRP Instance is now owning VRRP VIPs <="
NOT_OWNING = "=> VRRP Instance is no longer owning VRRP VIPs <="
TEXTS = {  # state: (subject, body) for a virtual router, as in keepalived
    "master": ("Entering MASTER state", OWNING),
    "backup": ("Entering BACKUP state", NOT_OWNING),
    "fault": ("Entering FAULT state", NOT_OWNING),
}
GROUP_TEXTS = {
    "master": ("Entering MASTER state", "=> All VRRP group instances are now in MASTER state <="),
    "backup": ("Entering BACKUP state", "=> All VRRP group instances are now in BACKUP state <="),
    "fault": ("Entering FAULT state", "=> All VRRP group instances are now in FAULT state <="),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send, with the configuration at that time."""

    general: GlobalConfig
    about: str
    subject: str
    body: str


class Mailer:
    """Sends mails in order. `sent` is called from the loop for each, with its subject and why it failed, or None."""

    def __init__(self, sent: Callable[[str, str | None], None]) -> None:
        self._sent = sent
        self._loop = asyncio.get_running_loop()
        self._letters: queue.Queue[Letter] = queue.Queue(QUEUE_LENGTH)
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self.idle = asyncio.Event()  # nothing is being sent or waiting
        self.idle.set()

    def tell(self, general: GlobalConfig, kind: str, name: str, state: str) -> None:
        """Send that a virtual router (`kind` INSTANCE) or sync group (GROUP) entered this state."""
        texts = TEXTS if kind == "INSTANCE" else GROUP_TEXTS
        if not general.mail.to or state not in texts or (state == "fault" and not general.mail.faults):
            return
        subject, body = texts[state]
        about = f"VRRP {'Instance' if kind == 'INSTANCE' else 'Group'} {plain(name)}"
        letter = Letter(general, about, f"[{general.router_id or socket.gethostname()}] {about} - {subject}", body)
        if self._waiting >= QUEUE_LENGTH:
            self._sent(letter.subject, "too many are waiting")
            return
        self._waiting += 1
        self.idle.clear()
        self._letters.put_nowait(letter)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            letter = self._letters.get()
            why = _send(letter)
            self._loop.call_soon_threadsafe(self._done, letter, why)

    def _done(self, letter: Letter, why: str | None) -> None:
        self._waiting -= 1
        if not self._waiting:
            self.idle.set()
        self._sent(letter.subject, why)


def _send(letter: Letter) -> str | None:
    """Send one mail. Return why it failed, or None. Each step waits for the server up to its time limit."""
    from email.message import EmailMessage  # imported only if mail is sent
    from email.utils import formatdate, make_msgid
    from smtplib import SMTP, SMTPException

    mail, host = letter.general.mail, socket.gethostname()
    try:
        message = EmailMessage()
        message["From"] = mail.sender or f"{pwd.getpwuid(os.geteuid()).pw_name}@{host}"
        message["To"] = ", ".join(mail.to)
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=host)
        message["X-Mailer"] = "vrrptui"
        message.set_content(letter.body + "\n")
        server, timeout_s = mail.server or SERVER, mail.timeout_ns / 1e9
        with SMTP(server, mail.port, mail.helo_name or host, timeout_s) as connection:
            connection.send_message(message, message["From"].addresses[0].addr_spec, list(mail.to))
    except (OSError, SMTPException, ValueError, LookupError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    return None
