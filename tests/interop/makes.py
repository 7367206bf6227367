"""The makes of router that the matrix mixes: how each is configured for a dialect, started, and ended at once."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tests.interop.segment_lab import ADDRESSES, Program, SegmentLab

FRR = Path("/usr/lib/frr")
PASSWORD = "s3cret"


@dataclass(frozen=True)
class Speech:
    """A way of speaking VRRP: version, family, authentication, to whom, from which MAC, with which checksum."""

    name: str
    version: int
    interval_s: float
    family: str = "ipv4"
    auth: str = ""  # PASS or AH
    unicast: bool = False
    vmac: bool = False
    plain_sum: bool = False  # v3 over IPv4 without pseudo-header

    @property
    def interval_ns(self) -> int:
        return round(self.interval_s * 1e9)

    def over(self, *ways: str) -> Speech:
        """The same over unicast, or from the virtual MAC."""
        return replace(self, name=f"{self.name} {' '.join(ways)}", **dict.fromkeys(ways, True))


V2_NONE = Speech("v2", 2, 1.0)
V2_PASS = Speech("v2 PASS", 2, 1.0, auth="PASS")
V2_AH = Speech("v2 AH", 2, 1.0, auth="AH")
V3 = Speech("v3", 3, 0.2)
V3_PLAIN_SUM = Speech("v3 message sum", 3, 0.2, plain_sum=True)
V3_IPV6 = Speech("v3 IPv6", 3, 0.2, family="ipv6")


@dataclass(frozen=True)
class Setting:
    """What one router is told."""

    speech: Speech
    priority: int
    vrids: tuple[int, ...] = (51,)
    more_vips: int = 0  # beside the one that every VRID has
    interval_s: float = 0.0  # another one than the speech's
    preempt: bool = True
    password: str = PASSWORD
    vips: tuple[str, ...] = ()  # instead of the usual ones
    extra: str = ""  # lines for every instance, of keepalived's language
    whole: str = ""  # lines outside of the instances

    def addresses(self, vrid: int) -> list[str]:
        if self.vips:
            return list(self.vips)
        if self.speech.family == "ipv6":
            return [f"fe80::{vrid}/64", f"2001:db8::{vrid}/64"]
        more = [f"198.51.100.{number}/32" for number in range(1, self.more_vips + 1)]
        return [f"{vip_of(self.speech, vrid)}/24", *more]


def vip_of(speech: Speech, vrid: int = 51) -> str:
    """The address that is asked for: one octet for up to 255 VRIDs."""
    if speech.family == "ipv6":
        return f"2001:db8::{vrid}"
    return f"192.0.2.{vrid + 100}" if vrid <= 100 else f"203.0.113.{vrid - 1}"


def text_of(setting: Setting, here: str = "", there: str = "") -> str:
    """keepalived.conf, for our engine and for keepalived; `here` and `there` are the addresses of unicast peers."""
    speech = setting.speech
    blocks = [f"global_defs {{\n    vrrp_version {speech.version}\n}}\n", setting.whole]
    extra = setting.extra
    if speech.auth:
        extra += (
            f"    authentication {{\n        auth_type {speech.auth}\n        auth_pass {setting.password}\n    }}\n"
        )
    if speech.unicast:
        extra += f"    unicast_src_ip {here}\n    unicast_peer {{\n        {there}\n    }}\n"
    if speech.vmac:
        extra += "    use_vmac\n"
    if speech.plain_sum:
        extra += "    v3_checksum_as_v2\n"
    if not setting.preempt:
        extra += "    nopreempt\n"
    for vrid in setting.vrids:
        vips = "".join(f"        {vip}\n" for vip in setting.addresses(vrid))
        blocks.append(
            f"vrrp_instance VI_{vrid} {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {vrid}\n"
            f"    priority {setting.priority}\n    advert_int {setting.interval_s or speech.interval_s:g}\n{extra}"
            f"    virtual_ipaddress {{\n{vips}    }}\n}}\n"
        )
    return "\n".join(blocks)


class Router:
    """A running router of some make on a host."""

    make = ""
    quiet = False  # announces at a takeover alone
    rough_ns = 0  # how far its timers are cut short

    @property
    def first_advert_late_ns(self) -> int:
        """By how much the first advert of every mastership is late."""
        return 0

    def __init__(self, lab: SegmentLab, host: str, setting: Setting) -> None:
        self.lab, self.host, self.setting = lab, host, setting
        self.program = self._start()
        lab.wait_for(self.takes_part)
        self.ready_ns = time.time_ns()

    def _start(self) -> Program:
        raise NotImplementedError

    def _text(self) -> str:
        here, there = (self._own_address(h) for h in (self.host, "r2" if self.host == "r1" else "r1"))
        return text_of(self.setting, here, there)

    def _own_address(self, host: str) -> str:
        if self.setting.speech.family == "ipv4":
            return ADDRESSES[host]
        self.lab.wait_for(lambda: "tentative" not in self.lab.shell(host, "ip -6 addr show eth0"))
        words = self.lab.shell(host, "ip -6 -br addr show eth0").split()
        virtual = {vip for vrid in self.setting.vrids for vip in self.setting.addresses(vrid)}
        return next(word.split("/")[0] for word in words if word.startswith("fe80") and word not in virtual)

    def takes_part(self) -> bool:
        return "BACKUP STATE" in self.program.text() or "MASTER STATE" in self.program.text()

    def terminate(self) -> None:
        self.program.terminate()

    def kill(self) -> None:
        self.program.kill()

    def close(self) -> None:
        self.program.end()


class Ours(Router):
    make = "vrrptui"

    def _start(self) -> Program:
        return self.lab.vrrptui(self.host, self._text())


class Keepalived(Router):
    make = "keepalived"

    def _start(self) -> Program:
        return self.lab.keepalived(self.host, self._text())


class Frr(Router):
    """FRR's vrrpd and the zebra that it needs. Its virtual MAC's device is made by hand, as its manual wants it."""

    make = "frr"
    quiet = True
    rough_ns = 10_000_000  # it counts in whole centiseconds

    @property
    def first_advert_late_ns(self) -> int:
        """Over IPv6 the first one is never sent: its device is still waking up."""
        if self.setting.speech.family == "ipv4":
            return 0
        return round((self.setting.interval_s or self.setting.speech.interval_s) * 1e9)

    def _start(self) -> Program:
        # Its daemons run as their own user, who may not look into the folder of a test.
        self._folder = Path(tempfile.mkdtemp(prefix="frr-"))
        shutil.chown(self._folder, "frr", "frr")
        speech, vrids = self.setting.speech, self.setting.vrids
        lines = ["interface eth0"]
        for vrid in vrids:
            self._device(vrid)
            lines += [
                f" vrrp {vrid} version {speech.version}",
                f" vrrp {vrid} priority {self.setting.priority}",
                f" vrrp {vrid} advertisement-interval {round((self.setting.interval_s or speech.interval_s) * 1000)}",
            ]
            word = "ip" if speech.family == "ipv4" else "ipv6"
            lines += [f" vrrp {vrid} {word} {vip.split('/')[0]}" for vip in self.setting.addresses(vrid)]
            if not self.setting.preempt:
                lines.append(f" no vrrp {vrid} preempt")
        (self._folder / "vrrpd.conf").write_text("debug vrrp\n" + "\n".join(lines) + "\n")
        (self._folder / "zebra.conf").write_text("")
        self._zebra = self._daemon("zebra")
        self.lab.wait_for(lambda: (self._folder / "zserv").exists())
        return self._daemon("vrrpd")

    def _device(self, vrid: int) -> None:
        six = self.setting.speech.family == "ipv6"
        name = f"vrrp{6 if six else 4}-{vrid}"
        vips = [vip for vip in self.setting.addresses(vrid) if not vip.startswith("fe80")]  # it would send from that
        commands = [
            "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad",  # else it is dumb for a second after each takeover
            f"ip link add {name} link eth0 type macvlan mode bridge",
            f"ip link set {name} address 00:00:5e:00:0{2 if six else 1}:{vrid:02x}",
            *(f"ip addr add {vip} dev {name}" + (" nodad" if six else "") for vip in vips),
            f"ip link set {name} up",
        ]
        if f"{name}@" not in self.lab.shell(self.host, "ip link"):
            self.lab.shell(self.host, " && ".join(commands))

    def _daemon(self, name: str) -> Program:
        folder = self._folder
        command = [str(FRR / name), "-u", "frr", "-g", "frr", "-z", str(folder / "zserv"), "--log", "stdout"]
        command += ["-f", str(folder / f"{name}.conf"), "-i", str(folder / f"{name}.pid")]
        return self.lab.run(self.host, [*command, "--vty_socket", str(folder), "-A", "127.0.0.1", "-P", "0"])

    def takes_part(self) -> bool:
        return "Initialize ->" in self.program.text()

    def kill(self) -> None:
        self._zebra.kill()
        self.program.kill()

    def close(self) -> None:
        self.program.end()
        self._zebra.end()
        with contextlib.suppress(OSError):
            shutil.rmtree(self._folder)


MAKES: dict[str, type[Router]] = {make.make: make for make in (Ours, Keepalived, Frr)}


def missing(make: str) -> str | None:
    """Why this make cannot run here."""
    if make == "keepalived" and shutil.which("keepalived") is None:
        return "keepalived is not installed"
    if make == "frr" and not (FRR / "vrrpd").exists():
        return "FRR's vrrpd is not installed"
    return None
