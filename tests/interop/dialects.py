"""The ways of speaking VRRP that the routers are tried in, and their configurations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """A way of speaking VRRP."""

    name: str
    version: int
    interval_s: float
    family: str = "ipv4"
    auth_type: str = ""  # PASS or AH

    @property
    def interval_ns(self) -> int:
        return round(self.interval_s * 1e9)

    def vip(self, vrid: int) -> str:
        return f"192.0.2.{vrid + 100}" if self.family == "ipv4" else f"fe80::{vrid}"

    def configuration(self, priority: int, vrids: tuple[int, ...] = (51,), extra: str = "") -> str:
        blocks = [f"global_defs {{\n    vrrp_version {self.version}\n}}\n"]
        for vrid in vrids:
            auth = (
                f"    authentication {{\n        auth_type {self.auth_type}\n        auth_pass s3cret\n    }}\n"
                if self.auth_type
                else ""
            )
            prefix = 24 if self.family == "ipv4" else 64
            more = "" if self.family == "ipv4" else f"        2001:db8::{vrid}/64\n"
            blocks.append(
                f"vrrp_instance VI_{vrid} {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {vrid}\n"
                f"    priority {priority}\n    advert_int {self.interval_s:g}\n{auth}{extra}"
                f"    virtual_ipaddress {{\n        {self.vip(vrid)}/{prefix}\n{more}    }}\n}}\n"
            )
        return "\n".join(blocks)


V2_PASS = Dialect("v2 PASS", 2, 1.0, auth_type="PASS")
V2_AH = Dialect("v2 AH", 2, 1.0, auth_type="AH")
V3_IPV4 = Dialect("v3 IPv4", 3, 0.2)
V3_IPV6 = Dialect("v3 IPv6", 3, 0.2, family="ipv6")
V3_FAST = Dialect("v3 0.1 s", 3, 0.1)
