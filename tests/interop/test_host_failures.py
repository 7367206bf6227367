"""A host that fails under a running engine: names, lost reports, descriptors, an unread log, its clock, its sleep."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from ipaddress import ip_address, ip_interface
from itertools import pairwise

import pytest

from tests.interop.engine_lab import MS, VIP, configuration, gaps_ms, instance, sender
from vrrptui.config.model.configuration import VirtualAddress
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.vrrp.vrrp_socket import VrrpSocket, frame_socket
from vrrptui.lab.namespaces import inside
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v3


def test_a_renamed_interface_is_missing_and_its_successor_serves(engine):
    engine.start(instance())
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link set eth0 down && ip link set eth0 name lan0 && ip link set lan0 up")
    engine.lab.wait_for(lambda: engine.router().reason == "interface eth0 is missing")
    assert engine.router().state == "fault"
    assert VIP not in engine.lab.shell("r1", "ip addr show lan0"), "nothing is left on it"
    engine.lab.shell("r1", "ip link set lan0 down && ip link set lan0 name eth0 && ip link set eth0 up")
    engine.wait_until("master")
    assert engine.holds()


def test_after_a_netlink_overrun_everything_is_known_again(engine, caplog):
    """A receive buffer of the smallest size, and more changes than it holds."""
    lab = engine.lab
    lab.shell("r1", f"ip addr add {VIP}/24 dev eth0; ip link add gone0 type veth peer name gone1")
    with inside(lab.network.hosts["r1"].namespace):
        kernel = Kernel(lambda: None)
        kernel._monitor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        lines = "".join(f"addr add 203.0.113.{n}/32 dev eth0\n" for n in range(200))
        lab.shell("r1", f"printf '{lines}' | ip -batch -; ip addr del {VIP}/24 dev eth0; ip link del gone0")
        kernel.read()
        fresh = Kernel(lambda: None)
    try:
        assert "netlink overrun: reading all links and addresses again" in caplog.text
        assert kernel.links == fresh.links
        address = VirtualAddress(ip_interface(f"{VIP}/24"))
        assert not kernel.holds(address, "eth0"), "an address that went unheard is known to be lost"
        assert kernel.link("gone0") is None
    finally:
        kernel.close()
        fresh.close()


def test_an_address_removed_during_an_overrun_is_put_back(engine):
    """The engine is stopped while more is reported than its buffer of 8 MiB holds; it was never put back."""
    program = engine.start(instance(interval=0.2))
    engine.wait_until("master")
    engine.lab.shell("r1", "ip link add other type veth peer name other1; ip link set other up")
    add = "".join(f"addr add 198.51.{n // 250}.{n % 250 + 1}/32 dev other\n" for n in range(4000))
    lines = (add + add.replace(" add ", " del ")) * 3
    os.kill(program.pid, signal.SIGSTOP)
    batch = engine.lab.folder / "batch"
    batch.write_text(lines + f"addr del {VIP}/24 dev eth0\n" + lines)
    engine.lab.shell("r1", f"ip -force -batch {batch}")
    os.kill(program.pid, signal.SIGCONT)
    engine.lab.wait_for(lambda: "netlink overrun" in program.text())
    engine.lab.wait_for(engine.holds)
    engine.lab.wait_for(lambda: f"{VIP} was removed by another process: restoring it" in program.text())
    assert engine.router().state == "master"


def test_an_engine_without_free_descriptors_goes_on_advertising(engine):
    """Its clients take the last ones; when they have gone it answers again."""
    program = engine.start(instance(interval=0.2))
    engine.wait_until("master")
    used = len(os.listdir(f"/proc/{program.pid}/fd"))
    subprocess.run(["prlimit", f"--nofile={used + 3}:{used + 3}", "--pid", str(program.pid)], check=True)
    began_ns = time.time_ns()
    clients = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for client in clients:
        client.connect(str(engine.path))
    engine.lab.wait_for(lambda: len(engine.lab.of("r1", after_ns=began_ns)) >= 10)
    assert max(gaps_ms(engine.lab.of("r1", after_ns=began_ns))) < 400
    for client in clients:
        client.close()
    engine.lab.wait_for(lambda: engine.cli("status").returncode == 0)
    assert engine.router().state == "master"


def test_a_log_that_nobody_reads_delays_no_advert(engine):
    """Its stderr is a pipe of the smallest size, full after a few lines."""
    engine.write(instance(interval=0.1))
    ours, theirs = os.pipe()
    command = [sys.executable, "-m", "vrrptui", "engine", "-f", str(engine.lab.folder / "r1.conf")]
    command += ["--socket", str(engine.path), "--state-dir", str(engine.lab.folder / "unread")]
    with inside(engine.lab.network.hosts["r1"].namespace):
        program = subprocess.Popen(command, stderr=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    try:
        engine.wait_until("master")
        began_ns = time.time_ns()
        for _ in range(100):
            program.send_signal(signal.SIGHUP)
            time.sleep(0.02)
        seen = engine.lab.of("r1", after_ns=began_ns)
        assert len(seen) >= 15
        assert max(gaps_ms(seen)) < 300
        assert engine.router().state == "master"
    finally:
        program.kill()
        program.wait()
        assert os.read(ours, 100), "it had begun to log"
        os.close(ours)


def test_a_stepped_clock_moves_no_receive_time(engine, monkeypatch):
    """The kernel's stamps are of the wall clock: an hour forward or back between the stamp and the reading of it."""
    lab, group = engine.lab, Family.IPV4.group
    with inside(lab.network.hosts["r1"].namespace):
        wire = VrrpSocket(frame_socket(), "eth0", socket.if_nametoindex("eth0"), Family.IPV4, group)
    wire.listen_for([51])
    source = ip_address(lab.network.hosts["client"].address)
    message = encode_v3(51, 100, 1000 * MS, (ip_address(VIP),), source, group)
    right = time.time_ns
    try:
        for step_s in (0, 3600, -3600):
            before_ns = time.monotonic_ns()
            list(wire.receive())
            with sender(lab, "client") as one:
                one.sendto(message, (str(group), 0))
            lab.wait_for(lambda: lab.of("client", after_ns=right() - 1000 * MS))
            monkeypatch.setattr(
                "vrrptui.engine.vrrp.vrrp_socket.time.time_ns", lambda step_s=step_s: right() + step_s * 1000 * MS
            )
            times = [arrived_ns for arrived_ns, _ in wire.receive()]
            monkeypatch.undo()
            assert len(times) == 1
            assert before_ns <= times[0] <= time.monotonic_ns(), f"stepped by {step_s} s"
    finally:
        wire.close()


def test_a_host_suspended_too_long_yields_to_the_master(engine):
    """Both clocks of the kernel go on while a process is stopped; what waited is read before the time is looked at."""
    lab = engine.lab
    program = engine.start(instance(interval=0.1))
    engine.wait_until("master")
    program.signal(signal.SIGSTOP)
    lab.vrrptui("r2", configuration(instance(priority=150, interval=0.1)))
    lab.wait_for_master("r2")
    resumed_ns = time.time_ns()
    program.signal(signal.SIGCONT)
    engine.wait_until("backup")
    assert lab.of("r1", after_ns=resumed_ns) == []
    times = [seen.at_ns for seen in lab.of("r2", after_ns=resumed_ns)]
    assert all(b - a < 300 * MS for a, b in pairwise(times))


def test_no_frame_that_lies_about_its_length_stops_an_engine(engine):
    """Count, length and padding of every wrong kind, a hundred of each: counted, and the rhythm stays."""
    engine.start(instance(interval=0.2))
    engine.wait_until("master")
    source, group = ip_address(engine.lab.network.hosts["client"].address), Family.IPV4.group
    good = encode_v3(51, 200, 200 * MS, (ip_address(VIP),), source, group)
    liars = [good[:n] for n in range(8)] + [good[:3] + bytes([n]) + good[4:] for n in (0, 2, 255)]
    liars += [struct.pack("!BBBB", 0x31, 51, 255, 255) + bytes(1000), b"\xff" * 20]
    began_ns = time.time_ns()
    with sender(engine.lab, "client") as one:
        for _ in range(100):
            for message in liars:
                one.sendto(message, (str(group), 0))
    engine.lab.wait_for(lambda: len(engine.lab.of("r1", after_ns=began_ns)) >= 8)
    assert max(gaps_ms(engine.lab.of("r1", after_ns=began_ns))) < 350
    assert engine.router().state == "master"


@pytest.mark.parametrize("accept_local", [0, 1])
def test_the_holder_of_an_owners_source_needs_accept_local(engine, accept_local):
    """The kernel drops what claims to come from an address of its own; docs/compatibility.md says what to do."""
    owned = ("192.0.2.12/24",)  # r2's only address, so that its adverts come from there
    engine.lab.shell("r1", f"echo {accept_local} > /proc/sys/net/ipv4/conf/eth0/accept_local")
    engine.start(instance(vips=owned))
    engine.wait_until("master")
    engine.lab.vrrptui("r2", configuration(instance(priority=255, vips=owned)))
    engine.lab.wait_for(lambda: len(engine.lab.of("r2")) >= 10)
    assert engine.router().state == ("backup" if accept_local else "master")
