"""The priority that checks make, beside a running keepalived: same file, same results, same advertised priority."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import instance, script
from tests.interop.segment_lab import SegmentLab
from tests.rights import needs_scripts_of_keepalived

pytestmark = [pytest.mark.usefixtures("needs_keepalived"), needs_scripts_of_keepalived]

# (base priority, lines of track_script and of track_file); scripts a and r are toggled, b is always good, c always bad.
CASES = {
    51: (100, "a weight 30\nb weight 5", ""),
    52: (100, "a weight -30\nc weight -5", ""),
    53: (100, "a weight 30 reverse\nb weight 5 reverse", ""),
    54: (100, "a weight -30 reverse\nc weight -5 reverse", ""),
    55: (200, "a weight 100\nb weight 100", ""),  # more than 254
    56: (50, "a weight -100\nc weight -10", ""),  # less than 1
    57: (255, "a weight -30\nc weight -30", ""),  # the owner's, which nothing moves
    58: (100, "a\nb weight 7", ""),  # the script's own weight
    59: (100, "a weight 253\nc weight -253", ""),
    60: (100, "a weight 0\nb weight 7", ""),  # a fault
    61: (100, "a weight 0 reverse\nb weight 7", ""),  # a fault when it is good
    62: (100, "a weight 3", "n weight 2"),
    63: (100, "a weight 3", "n weight -2 reverse"),
    64: (100, "a weight 3", "n"),
    65: (100, "a weight 3", "n weight 20"),
    66: (100, "a weight 3", "n weight -100"),  # less than -253: a fault
    67: (100, "r\nb weight 7", ""),  # reversed as the script says
    68: (100, "r weight 20", ""),
    69: (100, "r weight 20 noreverse", ""),
}
GOOD, BAD = "/bin/true", "/bin/false"


def configuration(folder: Path) -> str:
    parts = [
        "global_defs {\n    vrrp_version 3\n    script_user root\n}\n",
        script("a", f"/usr/bin/test -e {folder}/a", "    weight -11\n"),
        script("r", f"/usr/bin/test -e {folder}/a", "    weight -11 reverse\n"),
        script("b", GOOD),
        script("c", BAD),
        f"track_file n {{\n    file {folder}/n\n    weight 1\n}}\n",
    ]
    for vrid, (priority, scripts, files) in CASES.items():
        tracked = f"    track_script {{\n{scripts}\n    }}\n"
        tracked += f"    track_file {{\n{files}\n    }}\n" if files else ""
        parts.append(instance(f"V{vrid}", vrid, priority, 0.2, (f"192.0.2.{vrid + 100}/32",), extra=tracked))
    return "\n".join(parts)


def priorities(lab: SegmentLab, after: dict[int, int]) -> dict[int, int | None]:
    """What r1 advertised last for each VRID; None: nothing since then, or that it gives up."""
    found = {}
    for vrid in CASES:
        seen = [one for one in lab.of("r1", vrid) if one.at_ns > after.get(vrid, 0)]
        last = seen[-1].advert.priority if seen else None
        found[vrid] = last or None
    return found


def settled(lab: SegmentLab) -> dict[int, int | None]:
    """The priorities once they have stayed the same for a while: longer than any of them takes to be master."""
    last, since = None, time.monotonic()
    while True:
        time.sleep(0.3)
        lab.listen()
        now_ns = time.time_ns()
        recent = dict.fromkeys(CASES, now_ns - 1000000000)
        current = priorities(lab, recent)
        if current != last:
            last, since = current, time.monotonic()
        elif time.monotonic() - since > 1.6:
            return current


def test_weights_make_the_priority_that_keepalived_advertises(lab, tmp_path):
    """Several weights with one check good and bad and a number in a file of 0, 5 and 50, under both programs."""
    advertised: dict[str, list[dict[int, int | None]]] = {}
    number = tmp_path / "n"
    for program in (lab.keepalived, lab.vrrptui):
        (tmp_path / "a").touch()
        number.write_text("0\n")
        running = program("r1", configuration(tmp_path))
        found = [settled(lab)]
        (tmp_path / "a").unlink()
        number.write_text("5\n")
        found.append(settled(lab))
        number.write_text("50\n")
        found.append(settled(lab))
        running.terminate()
        running.wait()
        advertised[program.__name__] = found
    assert advertised["vrrptui"] == advertised["keepalived"]
    good, bad, _ = advertised["keepalived"]
    assert (good[51], bad[51], good[57], good[55], bad[56]) == (135, 105, 255, 254, 1)
    assert (good[60], bad[60], good[61], bad[61]) == (107, None, None, 107)
