"""Small configurations that the tests put together: one virtual router, with lines added or taken away."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.config.model import Loaded, VirtualRouterConfig

Load = Callable[[str], Loaded]

LINES = ("interface eth0", "virtual_router_id 51", "virtual_ipaddress {\n10.0.0.100/24\n}")
AUTH = "authentication {\nauth_type PASS\nauth_pass secret\n}"
IPV6 = "virtual_ipaddress {\nfe80::100/64\n2001:db8::100/64\n}"


def instance(*lines: str, name: str = "VI_1") -> str:
    """A vrrp_instance with `LINES`, of which a line in `lines` with the same keyword takes the place."""
    keywords = {line.split()[0] for line in lines if line.strip()}
    kept = [line for line in LINES if line.split()[0] not in keywords]
    return "\n".join([f"vrrp_instance {name} {{", *kept, *lines, "}", ""])


def without(keyword: str) -> str:
    """A vrrp_instance that lacks one of `LINES`."""
    kept = [line for line in LINES if line.split()[0] != keyword]
    return "\n".join(["vrrp_instance VI_1 {", *kept, "}", ""])


def script(*lines: str, name: str = "chk") -> str:
    return "\n".join([f"vrrp_script {name} {{", 'script "/bin/true"', *lines, "}", ""])


def router(loaded: Loaded) -> VirtualRouterConfig:
    """The only virtual router of a configuration that loaded without an error."""
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings]
    (only,) = loaded.configuration.routers
    return only


def said(loaded: Loaded) -> list[str]:
    """Findings as short as a table wants them: level code line:column."""
    return [f"{f.level.value} {f.code} {f.place.line}:{f.place.column}" for f in loaded.findings]
