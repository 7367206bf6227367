"""Faults of vrrptui that were found and are not mended yet, so that a run goes on past them.

Each has a case in `found` of the same name that fails; whoever mends one takes its entry away.
"""

from __future__ import annotations

from tests.twins.known import Known

OPEN: list[Known] = []
