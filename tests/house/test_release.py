"""The version is in one place, the changelog is well formed, and the check of a release finds what is missing."""

from __future__ import annotations

import pytest

import vrrptui
from tests.house.release import changelog_faults, release_faults, section_of, version_faults
from tests.house.rooms import CHECKOUT

CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
GOOD = f"""# Changelog

## [Unreleased]

## [{vrrptui.__version__}] - 2026-01-02

### Added

- A line.
"""


def test_the_version_is_in_one_place():
    assert version_faults(CHECKOUT) == []


def test_the_changelog_is_well_formed():
    assert changelog_faults(CHANGELOG) == []


def test_the_changelog_has_the_version_of_the_code():
    assert section_of(CHANGELOG, vrrptui.__version__)


def test_a_release_of_the_code_s_version_lacks_nothing():
    assert release_faults(vrrptui.__version__, GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- More.\n", "[Unreleased] in CHANGELOG.md is not empty"),
        ("## [Unreleased]\n\n", "", "the first section is not [Unreleased]"),
        (" - 2026-01-02", "", f"[{vrrptui.__version__}] has no date"),
        (
            "### Added",
            "### New",
            "kinds of change are not Added, Changed, Deprecated, Removed, Fixed, Security in this",
        ),
        ("- A line.", "", f"CHANGELOG.md has no section [{vrrptui.__version__}], or an empty one"),
    ],
)
def test_what_is_missing_is_found(before, after, fault):
    text = GOOD.replace(before, after)
    if before == "- A line.":
        text = text.replace("### Added", "")
    assert any(one.startswith(fault) for one in release_faults(vrrptui.__version__, text))


def test_another_version_than_the_code_s_is_refused():
    assert f"vrrptui/__init__.py says {vrrptui.__version__}" in release_faults("99.0.0", GOOD)
