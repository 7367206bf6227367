"""Interop tests need root, namespaces and real peers; what is missing is a skip with its reason."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.interop.engine_lab import EngineLab
from tests.interop.segment_lab import SegmentLab, segment_lab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = None
    if os.geteuid() != 0:
        reason = "needs root for network namespaces"
    elif shutil.which("ip") is None:
        reason = "needs iproute2"
    for item in items:
        if "interop" in str(item.fspath) and not item.path.name.startswith("test_checker"):  # which read files alone
            item.add_marker(pytest.mark.netns)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def lab(tmp_path) -> Iterator[SegmentLab]:
    with segment_lab(tmp_path) as made:
        yield made


@pytest.fixture
def needs_keepalived() -> None:
    if shutil.which("keepalived") is None:
        pytest.skip("keepalived is not installed")


@pytest.fixture
def engine(lab) -> Iterator[EngineLab]:
    made = EngineLab(lab)
    yield made
    made.close()
