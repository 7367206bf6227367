"""The trackers of a configuration: which run, what a reload keeps, and what counts for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.host import Host, configured, instance
from tests.engine.virtual_time import VirtualLoop, run
from vrrptui.config.model.configuration import Configuration
from vrrptui.engine.host.link_watch import LinkWatch
from vrrptui.engine.trackers.trackers import Trackers, names_of
from vrrptui.protocol.priority import Tracked


class Tracking:
    """The files `a` and `b` in a folder, tracked on a host in memory in virtual time."""

    def __init__(self, loop: VirtualLoop, folder: Path) -> None:
        self.folder = folder
        self.host = Host()
        self.changed: list[str] = []
        watch = LinkWatch(loop, lambda: None)
        self.one = Trackers(self.host, watch, lambda tracker: self.changed.append(tracker.name))
        self.number("a", 0)
        self.number("b", 0)

    def number(self, name: str, number: int) -> None:
        (self.folder / name).write_text(f"{number}\n")

    def configured(self, *instances: str, weight: int = 1) -> Configuration:
        files = [f"track_file {name} {{\nfile {self.folder / name}\nweight {weight}\n}}" for name in "ab"]
        return configured(self.folder, *files, *instances)

    def close(self) -> None:
        self.one.stop()
        self.host.close()


@pytest.fixture
def play(tmp_path):
    def play_it(story) -> None:
        async def told(loop: VirtualLoop) -> None:
            tracking = Tracking(loop, tmp_path)
            try:
                await story(tracking)
            finally:
                tracking.close()

        run(told)

    return play_it


def tracking(*lines: str) -> str:
    return "track_file {\n" + "\n".join(lines) + "\n}"


def test_only_trackers_that_are_used_run(play):
    async def story(t: Tracking) -> None:
        t.one.apply(t.configured(instance("VI_1", 51, 100, tracking("a"))))
        assert list(t.one.checks) == ["file a"]
        t.one.apply(t.configured(instance("VI_1", 51, 100, tracking("b"))))
        assert list(t.one.checks) == ["file b"]

    play(story)


def test_a_reload_keeps_a_tracker_whose_definition_is_the_same(play):
    async def story(t: Tracking) -> None:
        first = t.configured(instance("VI_1", 51, 100, tracking("a")))
        t.one.apply(first)
        before = t.one.checks["file a"]
        other = t.configured(instance("VI_1", 51, 100, tracking("a weight 5")), weight=1)
        t.one.apply(other)
        assert t.one.checks["file a"] is before
        changed = t.configured(instance("VI_1", 51, 100, tracking("a")), weight=2)
        assert t.one.same(first.routers[0], other)
        assert not t.one.same(first.routers[0], changed)
        t.one.apply(changed)
        assert t.one.checks["file a"] is not before

    play(story)


def test_a_line_of_the_router_comes_before_the_definition(play):
    async def story(t: Tracking) -> None:
        t.number("a", 7)
        lines = [("a", 14), ("a weight 3", 21), ("a weight -3 reverse", 21), ("a weight -3", -21)]
        for line, amount in lines:
            configuration = t.configured(instance("VI_1", 51, 100, tracking(line)), weight=2)
            t.one.apply(configuration)
            (one,) = t.one.tracked(configuration.routers[0], None)
            assert (one.name, one.amount) == ("file a", amount), line

    play(story)


def test_a_muted_tracker_counts_for_nothing(play):
    async def story(t: Tracking) -> None:
        t.number("a", 7)
        configuration = t.configured(instance("VI_1", 51, 100, tracking("a")))
        (router,) = configuration.routers
        t.one.apply(configuration)
        t.one.mute("file a", True)
        assert t.one.tracked(router, None) == ()
        (effect,) = t.one.effects("file a", router, None)
        assert (effect.ignored, effect.amount) == (True, 0)
        t.one.mute("file a", False)
        (effect,) = t.one.effects("file a", router, None)
        assert (effect.ignored, effect.amount) == (False, 7)

    play(story)


def test_no_number_is_a_fault_of_an_address_owner(play):
    """keepalived 2.2.7: a file with a weight does not concern a router of priority 255."""

    async def story(t: Tracking) -> None:
        t.number("a", 1)
        configuration = t.configured(instance("VI_1", 51, 255, tracking("a weight -50")))
        t.one.apply(configuration)
        assert t.one.tracked(configuration.routers[0], None) == ()

    play(story)


def test_an_interface_counts_by_its_weight(play):
    async def story(t: Tracking) -> None:
        lines = "track_interface {\nlan1 weight -20\nlan9\n}"
        configuration = t.configured(instance("VI_1", 51, 100, lines), instance("VI_2", 52, 100))
        t.one.apply(configuration)
        gone = Tracked("interface lan9", 0, up=False)
        assert t.one.tracked(configuration.routers[0], None) == (Tracked("interface lan1", -20, up=True), gone)
        t.host.set_up("lan1", False)
        assert t.one.tracked(configuration.routers[0], None) == (Tracked("interface lan1", -20, up=False), gone)
        assert t.one.tracked(configuration.routers[1], None) == ()

    play(story)


def test_a_script_that_may_not_run_counts_for_nothing(play, caplog):
    async def story(t: Tracking) -> None:
        program = t.folder / "check"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o777)
        script = f"vrrp_script chk {{\nscript {program}\nuser root\nweight -20\n}}"
        general = "vrrp_version 3\nenable_script_security\nscript_user root"
        lines = "track_script {\nchk\n}"
        configuration = configured(t.folder, script, instance("VI_1", 51, 100, lines), general=general)
        t.one.apply(configuration)
        assert names_of(configuration.routers[0]) == ["chk"]
        assert (t.one.checks, t.one.tracked(configuration.routers[0], None)) == ({}, ())

    play(story)
    assert "vrrp_script chk disabled: it is not safe to run as root" in caplog.text
