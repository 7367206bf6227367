"""Faults of vrrptui that were found and are not mended yet, so that a run goes on past them.

Each has a case in `found` of the same name that fails; whoever mends one takes its entry away.
"""

from __future__ import annotations

from tests.twins.compare import Difference, Step
from tests.twins.known import Known, virtual_devices


def _other_virtual_mac(difference: Difference, step: Step) -> bool:
    if step.event[0] != "reload" or not virtual_devices(step):
        return False
    return difference.look in ("breach", "resigned", "announced", "told", "device")


OPEN = [
    Known(
        "reload-changes-virtual-mac", "a reload takes the device of a virtual MAC", "a fault", _other_virtual_mac, True
    ),
]
