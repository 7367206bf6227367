"""Priorities of several files: whether two backups wait long enough apart, whatever the order of the files."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests.config.config_texts import instance
from vrrptui.config.lint.peers import compare
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Configuration

CENTISECOND_NS = 10_000_000


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    path: Path = tmp_path_factory.mktemp("fit") / "plain.conf"
    path.write_text(instance())
    configuration = load(str(path)).configuration
    assert configuration is not None
    return configuration


@pytest.mark.parametrize("versions", list(product((2, 3), (2, 3))))
@pytest.mark.parametrize("intervals", [(1, 1), (7, 8), (8, 7), (100, 3), (3, 100), (100, 100), (4095, 7)])
def test_backups_are_too_close_by_the_shorter_interval(plain, versions, intervals):
    """RFC 9568 §8.3.2: of version 3 whichever is master lends its interval; of version 2 a skew is part of a second.

    Routers of two versions refuse each other's adverts, and owners never wait: that is said, and no more.
    """

    def file(name: str, priority: int, centiseconds: int, version: int) -> Configuration:
        (router,) = plain.routers
        changed = replace(router, priority=priority, interval_ns=centiseconds * CENTISECOND_NS, version=version)
        return replace(plain, file=name, routers=(changed,))

    shorter_s = min(intervals) / 100
    for own, near in product((17, 100, 239, 254, 255), range(-16, 17)):
        one, other = (own, intervals[0], versions[0]), (min(255, own + near), intervals[1], versions[1])
        skew_s = abs(one[0] - other[0]) / 256 * (1.0 if versions[0] == 2 else shorter_s)
        wait = versions[0] == versions[1] and 255 not in (one[0], other[0]) and one[0] != other[0]
        for first, second in ((one, other), (other, one)):
            codes = [finding.code for _, finding in compare([file("a.conf", *first), file("b.conf", *second)])]
            assert codes.count("skew-too-close") == (wait and skew_s < min(0.004, shorter_s / 20)), (first, second)
            assert codes.count("version-differs") == (one[2] != other[2])
            assert codes.count("interval-differs") == (one[1] != other[1])
            assert codes.count("two-owners") == (one[0] == other[0] == 255)
            assert codes.count("same-priority") == (one[0] == other[0] != 255)
