"""Configurations that people wrote: keepalived's own samples, and public files in a folder beside the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vrrptui.config.findings.report import FINDINGS_MAX
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Level

SAMPLES = Path("/usr/share/doc/keepalived/samples")
PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "confs"

# What a file needs that is not supported yet; every other one runs.
REFUSED = {
    "keepalived.conf.vrrp.rules": {"bad-address"},  # 192.168.100./24
    "03.conf": {"undefined-variable"},  # a template with ${variables}
    "06.conf": {"owner-not-said"},  # its priorities are for other hosts than this one
    "10.conf": {"unexpected-block", "bad-address"},  # a template with {{ placeholders }}
}


def _files(folder: Path, pattern: str) -> list[Any]:
    found = [pytest.param(path, id=path.name) for path in sorted(folder.glob(pattern))]
    skip = pytest.mark.skip(reason=f"there is no folder {folder.parent.name}/{folder.name} with {pattern}")
    return found or [pytest.param(folder, id="none", marks=skip)]


@pytest.mark.parametrize("path", _files(SAMPLES, "keepalived.conf*") + _files(PUBLIC, "*.conf"))
def test_a_real_file_runs_or_says_what_it_needs(path: Path) -> None:
    text = path.read_text(errors="surrogateescape").split("\n")
    loaded = load(str(path))
    errors = {finding.code for finding in loaded.findings if finding.level is Level.ERROR}
    assert errors == REFUSED.get(path.name, set())
    assert (loaded.configuration is None) == bool(errors)
    assert len(loaded.findings) < FINDINGS_MAX
    for finding in loaded.findings:
        assert finding.place.file == str(path)
        assert finding.place.column <= len(text[finding.place.line - 1])


@pytest.mark.parametrize("path", _files(SAMPLES, "keepalived.conf*") + _files(PUBLIC, "*.conf"))
def test_a_real_file_has_no_keyword_that_nobody_knows(path: Path) -> None:
    unknown = {finding.text for finding in load(str(path)).findings if finding.code == "unknown-keyword"}
    # keepalived does not know these either: a group's members stand in a block of their own.
    assert unknown - {"'VI_2' is no keyword here", "'VI_3' is no keyword here"} == set()
