"""Requests to the kernel, read back by the library that others use; and the log's lines."""

from __future__ import annotations

import errno
import logging
import os
import socket
import struct
import subprocess
import sys
from ipaddress import ip_address, ip_interface
from typing import Any

import pyroute2  # noqa: F401 - whole and first: its parts alone cannot follow those that the engine imports
import pytest
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.requests import IFA_F_NODAD, address_message
from vrrptui.engine.runtime.logs import to_stderr
from vrrptui.protocol.advert import Family


@pytest.mark.parametrize("add", [True, False])
@pytest.mark.parametrize(
    "address,scope",
    [
        (VirtualAddress(ip_interface("192.0.2.100/24")), 0),
        (VirtualAddress(ip_interface("192.0.2.100/32"), scope="link"), 253),
        (VirtualAddress(ip_interface("10.0.0.1/8"), label="eth0:1", broadcast=ip_address("10.255.255.255")), 0),
        (VirtualAddress(ip_interface("2001:db8::100/64")), 0),
        (VirtualAddress(ip_interface("fe80::100/64"), scope="link"), 253),
    ],
    ids=str,
)
def test_an_address_request_says_what_was_asked(address, scope, add):
    (message,) = MarshalRtnl().parse(address_message(address, 7, add))
    v4 = address.address.version == 4
    assert message["event"] == ("RTM_NEWADDR" if add else "RTM_DELADDR")
    assert (message["family"], message["prefixlen"]) == (
        socket.AF_INET if v4 else socket.AF_INET6,
        address.interface.network.prefixlen,
    )
    assert (message["index"], message["scope"]) == (7, scope)
    assert message.get_attr("IFA_LOCAL") == str(address.address)
    assert message.get_attr("IFA_LABEL") == (address.label if add else None)  # one of another label goes, too
    assert message.get_attr("IFA_BROADCAST") == (str(address.broadcast) if address.broadcast else None)
    assert bool((message.get_attr("IFA_FLAGS") or 0) & IFA_F_NODAD) is not v4, "IPv6 comes without DAD"


def link(*addresses: tuple[str, int]) -> Link:
    held = {ip_interface(text): flags for text, flags in addresses}
    return Link(index=2, name="eth0", up=True, mac=b"\2\0\0\0\0\1", mtu=1500, addresses=held)


@pytest.mark.parametrize(
    "family,addresses,ours,source",
    [
        (Family.IPV4, [("192.0.2.1/24", 0)], [], "192.0.2.1"),
        (Family.IPV4, [("192.0.2.100/24", 0), ("192.0.2.1/24", 0)], ["192.0.2.100"], "192.0.2.1"),
        (Family.IPV4, [("192.0.2.100/24", 0)], ["192.0.2.100"], None),  # only our own virtual address is left
        (Family.IPV4, [("fe80::1/64", 0)], [], None),
        (Family.IPV6, [("2001:db8::1/64", 0), ("fe80::1/64", 0)], [], "fe80::1"),
        (Family.IPV6, [("fe80::1/64", 0x40)], [], None),  # tentative
        (Family.IPV6, [("fe80::1/64", 0x08)], [], None),  # a duplicate
        (Family.IPV6, [("fe80::100/64", 0), ("fe80::1/64", 0)], ["fe80::100"], "fe80::1"),
    ],
)
def test_adverts_come_from_the_first_address_not_virtual(family, addresses, ours, source):
    found = link(*addresses).source(family, [ip_address(one) for one in ours])
    assert (str(found) if found else None) == source


# The log.

PROGRAM = """
import logging, sys, time
from vrrptui.engine.runtime.logs import to_stderr
to_stderr()
for number in range(int(sys.argv[1])):
    logging.getLogger("x").warning("%s %d", sys.argv[2], number)
print("done", flush=True)
"""


def logged(text: str, count: int = 1, **options) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
    environment |= options.pop("env", {})
    command = [sys.executable, "-c", PROGRAM, str(count), text]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=20)


def test_foreign_text_is_one_plain_line():
    (line,) = logged("a\x1b[2Jb\nJan 01 forged\u202e").stderr.splitlines()
    assert line.endswith(r": a\x1b[2Jb\nJan 01 forged\u202e 0")


def test_under_systemd_a_line_begins_with_its_priority():
    assert logged("hello", env={"JOURNAL_STREAM": "8:1"}).stderr == "<4>hello 0\n"


def test_a_very_long_line_is_cut_and_still_ends():
    (line,) = logged("x" * 10_000).stderr.splitlines()
    assert len(line) < 4096


def test_a_stderr_that_nobody_reads_loses_lines_and_stops_nobody():
    read_end, write_end = os.pipe()
    command = [sys.executable, "-c", PROGRAM, "5000", "x" * 100]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=write_end, timeout=20, check=True)
    finally:
        os.close(write_end)
        os.close(read_end)
    assert done.stdout == b"done\n"


def test_lost_lines_are_counted_when_stderr_is_read_again(monkeypatch):
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    monkeypatch.setattr("vrrptui.engine.runtime.logs.STDERR", write_end)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        to_stderr()
        while True:
            try:
                os.write(write_end, b"x" * 4096)
            except BlockingIOError:
                break
        for _ in range(3):
            root.warning("lost")
        os.read(read_end, 1 << 20)
        root.warning("heard")
        assert os.read(read_end, 1 << 20).endswith(b": heard (3 lines before this one were lost)\n")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        os.close(read_end)
        os.close(write_end)


def test_what_cannot_be_sent_is_answered_and_not_waited_for():
    kernel = Kernel(lambda: None)
    try:
        messages = [address_message(VirtualAddress(ip_interface("192.0.2.100/24")), 7, True)] * 3
        kernel._requests.close()
        kernel.post(messages)
        assert kernel.answers() == [os.strerror(errno.EBADF)] * 3
        assert kernel.answers() == []
    finally:
        kernel.close()


class Overheard:
    """The socket for requests, and what went over it."""

    def __init__(self, real: socket.socket) -> None:
        self._real, self.sent = real, bytearray()

    def send(self, data: bytes) -> int:
        self.sent += data
        return self._real.send(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_what_is_asked_before_a_takeover_waits_for_nobody():
    """The kernel answers a control message (a type below 16, NLMSG_MIN_TYPE of linux/netlink.h) itself.

    For any other it takes the lock over links and addresses, for which a takeover's adverts would wait: in
    measured takeovers others held it for up to 55 ms.
    """
    kernel = Kernel(lambda: None)
    overheard: Any = Overheard(kernel._requests)
    kernel._requests = overheard
    for _ in range(100):
        kernel.warm_up()
    assert len(overheard.sent) == 100 * 16
    for at in range(0, len(overheard.sent), 16):
        length, kind, flags = struct.unpack_from("=IHH", overheard.sent, at)
        assert (length, kind < 16, flags & 0x4) == (16, True, 0x4), "whole, of that kind, and answered"
    nowhere = address_message(VirtualAddress(ip_interface("127.0.0.1/32")), 0x7FFFFFFF, add=False)
    assert kernel.refusal(nowhere) in (errno.ENODEV, errno.EPERM), "every answer was read: the next one is its own"
    kernel.close()
