"""An engine that is killed at a random moment: what it leaves on the host goes with a cleanup, or with the next run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import configuration, instance

IPV4 = "ipv4/conf/{all,eth0,lo}/{arp_ignore,arp_filter,arp_announce,rp_filter,accept_local,promote_secondaries}"
IPV6 = "ipv6/conf/{all,eth0}/{accept_dad,accept_ra,addr_gen_mode}"
SETTINGS = f"for f in /proc/sys/net/{IPV4} /proc/sys/net/{IPV6}; do echo $f $(cat $f); done"
HOST = (
    "ip -o addr show | sed 's/valid_lft.*//; s/tentative //'",
    "ip -o -d link show | sed -E 's/ (qlen|promiscuity|allmulti) [0-9]+//g'",
    "ip route show table all",
    "ip -6 route show table all | grep -v ' fe80\\|multicast'",
    "ip rule show; ip -6 rule show",
    "nft list ruleset",
    f"bash -c '{SETTINGS}'",
)
MOMENTS = {"start": 1.5, "run": 0.3, "reload": 0.08, "stop": 0.15}  # seconds after which it is killed, at the latest


def texts(folder: Path) -> tuple[str, str]:
    """A configuration that changes what an engine can change on a host, and one that changes other things."""
    head = f"    vrrp_notify_fifo {folder}/fifo\n"
    vmac = "    use_vmac\n    no_accept\n    promote_secondaries\n"
    routes = "    virtual_routes {\n        203.0.113.0/24 dev eth0\n    }\n"
    rules = "    virtual_rules {\n        from 203.0.113.0/24 table 77\n    }\n"
    fixed = "static_ipaddress {\n    198.51.100.9/24 dev eth0\n}\n"
    plain = instance("VI_2", 52, vips=("192.0.2.102/24",), extra=routes + rules)
    first = configuration(fixed, instance(extra=vmac, priority=255), plain)
    other = configuration(instance("VI_3", 53, vips=("192.0.2.103/24",), extra="    use_vmac\n    no_accept\n"))
    return tuple(text.replace("global_defs {\n", "global_defs {\n" + head, 1) for text in (first, other))


def host(engine) -> list[str]:
    return [engine.lab.shell("r1", command, check=False) for command in HOST]


def clean_up(engine) -> None:
    command = [sys.executable, "-m", "vrrptui", "cleanup", "--state-dir", str(engine.lab.folder / "killed")]
    into = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{engine.lab.network.hosts['r1'].namespace}"]
    done = subprocess.run([*into, *command], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_host_is_as_before_after_a_kill_and_a_cleanup_or_the_next_run(engine, moment, seed):
    """Addresses, links, routes, rules, kernel settings, nftables and files, compared with those before the start."""
    rng = random.Random(f"{moment} {seed}")
    folder = engine.lab.folder
    first, other = texts(folder)
    file = folder / "killed.conf"
    engine.lab.shell("r1", "ip -6 addr flush dev eth0")  # which may be tentative still
    engine.lab.shell("r1", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter; nft add table inet somebodys")
    before = host(engine)
    for number in range(3):
        file.write_text(first)
        program = engine.start_bare("-f", str(file), state="killed")
        if moment != "start":
            engine.lab.wait_for(lambda: "ready:" in program.text())  # noqa: B023
            time.sleep(rng.uniform(0.1, 0.5))
        if moment == "reload":
            file.write_text(other)
            os.kill(program.pid, signal.SIGHUP)
        elif moment == "stop":
            os.kill(program.pid, signal.SIGTERM)
        time.sleep(rng.uniform(0, MOMENTS[moment]))
        program.kill()
        program.wait()
        if number == 2:  # the next one, that ends in good order
            file.write_text(other)
            program = engine.start_bare("-f", str(file), state="killed")
            engine.lab.wait_for(lambda: "ready:" in program.text())  # noqa: B023
            program.terminate()
            program.wait()
        else:
            clean_up(engine)
        assert host(engine) == before
        assert not (folder / "fifo").exists()
        assert [path.name for path in (folder / "killed").glob("owned-*")] == []


def test_a_setting_that_somebody_has_set_otherwise_since_is_left_alone(engine):
    file = engine.lab.folder / "killed.conf"
    file.write_text(texts(engine.lab.folder)[0])
    setting = "/proc/sys/net/ipv4/conf/eth0/arp_announce"
    program = engine.start_bare("-f", str(file), state="killed")
    engine.lab.wait_for(lambda: engine.lab.shell("r1", f"cat {setting}").strip() == "2")
    program.kill()
    program.wait()
    engine.lab.shell("r1", f"echo 1 > {setting}")
    clean_up(engine)
    assert engine.lab.shell("r1", f"cat {setting}").strip() == "1"
    assert engine.lab.shell("r1", "cat /proc/sys/net/ipv4/conf/eth0/arp_ignore").strip() == "0"
