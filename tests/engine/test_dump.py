"""Reading all links and addresses from the real kernel, and what an interrupted reading says."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_interface

from vrrptui.engine.host.dump import NLM_F_DUMP_INTR, Dump, netlink_socket


def read_all(dump: Dump) -> int:
    count = 1
    while not dump.read():
        count += 1
    return count


def test_a_reading_has_every_link_of_the_kernel():
    with netlink_socket(0, 0) as one:
        dump = Dump(one)
        read_all(dump)
    assert {(index, link.name) for index, link in dump.links.items()} == set(socket.if_nameindex())
    (loopback,) = (link for link in dump.links.values() if link.loopback)
    if loopback.enabled:
        assert ip_interface("127.0.0.1/8") in loopback.addresses


def test_links_come_first_and_each_call_reads_one_datagram():
    """An address of an unknown link would be lost."""

    class Kernel:
        def __init__(self) -> None:
            self.asked: list[int] = []
            self.answers = [ended(), ended(NLM_F_DUMP_INTR)]

        def send(self, data: bytes) -> None:
            self.asked.append(struct.unpack_from("=H", data, 4)[0])

        def recv(self, _: int) -> bytes:
            return self.answers.pop(0)

    kernel = Kernel()
    dump = Dump(kernel)
    assert kernel.asked == [18]  # RTM_GETLINK
    assert (dump.read(), kernel.asked, dump.interrupted) == (False, [18, 22], False)  # RTM_GETADDR
    assert (dump.read(), dump.interrupted) == (True, True)


def ended(flags: int = 0) -> bytes:
    return struct.pack("=IHHIIi", 20, 3, flags, 0, 0, 0)  # NLMSG_DONE


def test_a_socket_for_reports_has_the_buffer_that_was_asked_for():
    with netlink_socket(1, 100_000) as one:
        assert one.getsockname()[1] == 1
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 200_000  # socket(7): the kernel doubles it
