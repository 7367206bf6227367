"""The page on compatibility says the same as the tables that the warnings come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from vrrptui.config.keywords import global_defs, unsupported
from vrrptui.engine.runtime import process_settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"


def section(title: str) -> str:
    return PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    "scope, not_run",
    [
        ("global_defs", unsupported.GLOBALS),
        ("vrrp_instance", unsupported.INSTANCE),
        ("vrrp_sync_group", unsupported.SYNC_GROUP),
    ],
)
def test_what_the_page_says_is_run_is_not_warned_of(scope: str, not_run: Mapping[str, str]) -> None:
    (row,) = re.findall(rf"^\| `{scope}` \| (.*) \|$", section("Supported keywords"), re.MULTILINE)
    named = set(re.findall(r"`([a-z]\w+)`", row))
    assert named
    assert named & not_run.keys() == set()


def test_what_the_page_says_is_not_run_is_warned_of() -> None:
    every = unsupported.ROOT.keys() | unsupported.GLOBALS.keys() | unsupported.INSTANCE.keys()
    items = re.findall(r"^- (.*?):", section("Recognised but not yet supported"), re.MULTILINE)
    named = {name for item in items for name in re.findall(r"`([a-z]\w+)`", item)}
    assert named - every == set()


def test_every_global_setting_is_applied_or_warned_of() -> None:
    of_devices = {"vmac_prefix", "vmac_addr_prefix"}
    assert global_defs.SETTINGS.keys() - unsupported.GLOBALS.keys() - of_devices == process_settings.APPLIED.keys()


def test_the_page_names_every_process_setting_applied() -> None:
    (row,) = re.findall(r"^\| `global_defs` \| (.*) \|$", section("Supported keywords"), re.MULTILINE)
    assert process_settings.APPLIED.keys() - set(re.findall(r"`([a-z]\w+)`", row)) == set()
