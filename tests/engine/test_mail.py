"""Mail about changes of state, to a real server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.interop.smtp_server import SmtpServer
from vrrptui.config.model.configuration import GlobalConfig, Mail
from vrrptui.engine.notify.mail import QUEUE_LENGTH, Mailer

TO = ("a@example.com", "b@example.com")


@contextlib.contextmanager
def served(silent: bool = False) -> Iterator[SmtpServer]:
    server = SmtpServer(None, "127.0.0.1", silent)
    try:
        yield server
    finally:
        server.close()


def general(port: int, router_id: str | None = "r1", timeout_ns: int = 2_000_000_000, **more: object) -> GlobalConfig:
    mail = Mail(to=TO, sender="vrrp@example.com", server="127.0.0.1", port=port, timeout_ns=timeout_ns, **more)
    return GlobalConfig(router_id=router_id, mail=mail)


class Sent:
    """A mailer, and what it reported."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, str | None]] = []
        self.mailer = Mailer(lambda subject, why: self.reports.append((subject, why)))

    async def all(self) -> list[tuple[str, str | None]]:
        await asyncio.wait_for(self.mailer.idle.wait(), 10)
        return self.reports


async def test_a_mail_is_as_keepalived_words_it():
    """keepalived 2.2.7: "[router_id] VRRP Instance NAME - Entering MASTER state"."""
    with served() as server:
        one = Sent()
        one.mailer.tell(general(server.port, helo_name="r1.example.com"), "INSTANCE", "VI_1", "master")
        subject = "[r1] VRRP Instance VI_1 - Entering MASTER state"
        assert await one.all() == [(subject, None)]
    (taken,) = server.taken
    assert (taken.helo, taken.sender, tuple(taken.recipients)) == ("r1.example.com", "vrrp@example.com", TO)
    assert (taken.message["Subject"], taken.message["To"]) == (subject, ", ".join(TO))
    assert taken.message.get_content().strip() == "=> VRRP Instance is now owning VRRP VIPs <="


async def test_mails_keep_their_order_and_groups_have_their_own_words():
    with served() as server:
        one = Sent()
        for kind, name, state in [("INSTANCE", "VI_1", "backup"), ("GROUP", "G", "fault"), ("GROUP", "G", "stop")]:
            one.mailer.tell(general(server.port, router_id=None), kind, name, state)
        host = socket.gethostname()
        assert [subject for subject, _ in await one.all()] == [
            f"[{host}] VRRP Instance VI_1 - Entering BACKUP state",
            f"[{host}] VRRP Group G - Entering FAULT state",
        ]
    assert [taken.message.get_content().strip() for taken in server.taken] == [
        "=> VRRP Instance is no longer owning VRRP VIPs <=",
        "=> All VRRP group instances are now in FAULT state <=",
    ]


@pytest.mark.parametrize("faults", [True, False], ids=["", "no_email_faults"])
async def test_a_fault_is_mailed_unless_configured_otherwise(faults):
    with served() as server:
        one = Sent()
        one.mailer.tell(general(server.port, faults=faults), "INSTANCE", "VI_1", "fault")
        assert len(await one.all()) == faults


async def test_a_name_cannot_add_a_header():
    with served() as server:
        one = Sent()
        one.mailer.tell(general(server.port), "INSTANCE", "VI\nBcc: x@example.com", "master")
        assert (await one.all())[0][1] is None
    assert server.taken[0].message["Bcc"] is None
    assert "\\nBcc" in server.taken[0].message["Subject"]


async def test_a_server_that_is_not_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    one = Sent()
    one.mailer.tell(general(port), "INSTANCE", "VI_1", "master")
    ((_, why),) = await one.all()
    assert why is not None
    assert "Connection refused" in why


async def test_a_silent_server_costs_its_time_and_not_the_loops():
    with served(silent=True) as server:
        one, loop = Sent(), asyncio.get_running_loop()
        began_s = loop.time()
        for _ in range(QUEUE_LENGTH + 1):
            one.mailer.tell(general(server.port, timeout_ns=100_000_000), "INSTANCE", "VI_1", "master")
        assert loop.time() - began_s < 0.1
        assert [why for _, why in one.reports] == ["too many are waiting"]
        while len(one.reports) < 2:
            await asyncio.sleep(0.01)
        assert loop.time() - began_s >= 0.1
        assert one.reports[1][1] == "Connection unexpectedly closed: timed out"
    await one.all()  # the others are refused
    assert len(one.reports) == QUEUE_LENGTH + 1
