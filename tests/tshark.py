"""tshark as the oracle: every field that both it and `watch --json` give of an advert."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

from vrrptui.cli.commands.watch import WatchOptions, run_file

INSTALLED = shutil.which("tshark") is not None
FIELDS = {
    "ip.src": "source", "ipv6.src": "source", "ip.dst": "destination", "ipv6.dst": "destination", "ip.ttl": "ttl",
    "ipv6.hlim": "ttl", "vrrp.version": "version", "vrrp.type": "type", "vrrp.virt_rtr_id": "vrid",
    "vrrp.prio": "priority", "eth.src": "source_mac",
}  # fmt: skip
OTHERS = (
    "frame.time_epoch", "vlan.id", "vrrp.adver_int", "vrrp.short_adver_int", "vrrp.ip_addr", "vrrp.ipv6_addr",
    "vrrp.addr_count", "vrrp.auth_type",
)  # fmt: skip
AUTH = {"none": 0, "simple": 1, "ah": 2}


def watched(path: Path) -> list[dict]:
    out = io.StringIO()
    assert run_file(str(path), WatchOptions(as_json=True), out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def told(path: Path) -> list[dict[str, str]]:
    """What tshark says of each advert, field by field."""
    names = [*FIELDS, *OTHERS]
    command = ["tshark", "-n", "-r", str(path), "-Y", "vrrp", "-T", "fields", "-E", "separator=|"]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return [dict(zip(names, row.split("|"), strict=True)) for row in done.stdout.splitlines()]


def compare(path: Path) -> int:
    """Fail where the two differ; gives the number of adverts compared. For captures of valid adverts."""
    rows, lines = told(path), watched(path)
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        for field, key in FIELDS.items():
            assert row[field] in ("", str(line[key])), field
        assert abs(float(row["frame.time_epoch"]) - line["time"]) < 1e-6
        assert row["vlan.id"].partition(",")[0] in ("", str(line["vlan"]))
        interval = float(row["vrrp.adver_int"] or int(row["vrrp.short_adver_int"]) / 100)
        assert interval == line["interval"]
        assert row["vrrp.ip_addr"] + row["vrrp.ipv6_addr"] == ",".join(line["addresses"])
        assert int(row["vrrp.addr_count"]) == len(line["addresses"])
        if line["version"] == 2:
            assert int(row["vrrp.auth_type"]) == AUTH[line["auth"]]
    return len(lines)
