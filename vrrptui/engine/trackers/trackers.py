"""The trackers of the configuration, and their effect on each virtual router.

How a tracker gets its state is in its own module; how states make a priority is in protocol/priority.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from vrrptui.config.model.configuration import (
    Configuration,
    ScriptConfig,
    SyncGroupConfig,
    TrackedScript,
    User,
    VirtualRouterConfig,
)
from vrrptui.config.model.configuration import Tracked as TrackedLine
from vrrptui.config.model.needed_interfaces import without_weight
from vrrptui.control.snapshots import Effect
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link_watch import LinkWatch
from vrrptui.engine.programs.script_policy import ScriptPolicy
from vrrptui.engine.programs.start_queue import StartQueue
from vrrptui.engine.trackers.file import FileTracker
from vrrptui.engine.trackers.proc_connector import ProcessEvents
from vrrptui.engine.trackers.process import ProcessTracker
from vrrptui.engine.trackers.script import ScriptTracker
from vrrptui.protocol.priority import Tracked

log = logging.getLogger(__name__)

EFFECTS_SHOWN = 100  # effects shown per tracker, as a line of the control socket is limited

Tracker = ScriptTracker | FileTracker | ProcessTracker


class Trackers:
    """The trackers of the current configuration, by name. `changed` is called for each result."""

    def __init__(self, kernel: Kernel, links: LinkWatch, changed: Callable[[Tracker], None]) -> None:
        self.checks: dict[str, Tracker] = {}
        self.muted: set[str] = set()  # muted by an operator: they run and are ignored
        self._kernel = kernel
        self._links = links
        self._changed = changed
        self._events = ProcessEvents()
        self._turns = StartQueue(asyncio.get_running_loop())
        self._configuration = Configuration(file="")

    def apply(self, configuration: Configuration) -> None:
        """Run the trackers that are used, and no others. A changed one takes over the state of its predecessor."""
        self._configuration = configuration
        tracking: list[VirtualRouterConfig | SyncGroupConfig] = [*configuration.routers, *configuration.sync_groups]
        used = {name for config in tracking for name in names_of(config)}
        before, self.checks = self.checks, {}
        for check in self._made(configuration):
            if check.name not in used:
                continue
            old = before.pop(check.name, None)
            if old is not None and old.definition == check.definition:
                self.checks[check.name] = old
                continue
            self.checks[check.name] = check
            if old is not None:
                check.go_on_from(old)
                old.stop()
            check.start()
        for old in before.values():
            old.stop()

    def _made(self, configuration: Configuration) -> Iterator[Tracker]:
        """Yield a tracker for each definition, not started."""
        policy = ScriptPolicy(configuration.globals)
        for script in configuration.scripts:
            user = None if script.user is None else User(script.user, script.group)
            refusals = (policy.refusal(command, user) for command in (script.command, script.recover) if command)
            if why := next(filter(None, refusals), None):
                log.error("vrrp_script %s disabled: %s", script.name, why)
            else:
                yield ScriptTracker(script, policy.account(user), self._changed, self._turns)
        for file in configuration.files:
            yield FileTracker(file, self._changed)
        for process in configuration.processes:
            yield ProcessTracker(process, self._changed, self._events)

    def same(self, config: VirtualRouterConfig, new: Configuration) -> bool:
        """Whether everything this virtual router tracks is defined identically in `new`."""
        names = names_of(config)
        return _definitions(self._configuration, names) == _definitions(new, names)

    def tracked(self, config: VirtualRouterConfig, group: SyncGroupConfig | None) -> tuple[Tracked, ...]:
        """Return what counts for a virtual router.

        In a sync group, weights are the group's, unless configured otherwise. Weights of processes and interfaces
        always count. If both router and group track something, it counts once: with the router's weight if that is 0 (a
        fault), else with the group's; a script counts for both. The loss of an interface that the router needs is a
        fault without a weight. All of this is as in keepalived 2.2.7.
        """
        if group is None:
            return tuple(one for _, (_, one) in self._tracked(config, weighted=True))
        own, shared = dict(self._tracked(config, group.member_weights)), dict(self._tracked(group, weighted=True))
        kept = [one for key, (weight, one) in own.items() if key not in shared or weight == 0]
        scripts = {script.name for script in config.scripts}
        faults = {key for key, (weight, _) in own.items() if weight == 0} - scripts
        faults |= {f"interface {name}" for name in without_weight(config)}
        added = [one for key, (_, one) in shared.items() if key not in faults]
        return (*kept, *added)

    def _tracked(
        self, config: VirtualRouterConfig | SyncGroupConfig, weighted: bool
    ) -> Iterator[tuple[str, tuple[int, Tracked]]]:
        """Yield what counts of these lines: name, weight and current state."""
        for name, line in _lines(config):
            if name in self.muted or name not in self.checks:
                continue
            check = self.checks[name]
            weight, reverse = _weight(config, check, line, weighted)
            if weight and isinstance(check, FileTracker) and isinstance(config, VirtualRouterConfig) and config.owner:
                continue  # no number causes a fault of an address owner
            if weighted or weight == 0 or isinstance(check, ProcessTracker):
                yield name, (weight, check.counts(weight, reverse))
        for one in config.interfaces:
            link = self._kernel.link(one.name)
            up = link is not None and self._links.up(link)
            tracked = Tracked(f"interface {one.name}", one.weight, up, one.reverse)
            yield tracked.name, (one.weight, tracked)

    def effects(self, name: str, config: VirtualRouterConfig, group: SyncGroupConfig | None) -> Iterator[Effect]:
        """Yield the effects of a tracker on a virtual router: by its own configuration and by its group's."""
        check = self.checks[name]
        weighted = group is None or group.member_weights
        both = group is not None and name in names_of(group) and name in names_of(config)
        own_fault = both and any(_weight(config, check, line, weighted)[0] == 0 for line in _lines_of(config, name))
        both &= not (own_fault and isinstance(check, ScriptTracker))
        for one, by_group in ((config, ""), (group, group.name if group is not None else "")):
            for line in _lines_of(one, name) if one is not None else ():
                weight, reverse = _weight(one, check, line, weighted or bool(by_group))
                counted = weighted or by_group or weight == 0 or isinstance(check, ProcessTracker)
                ignored = name in self.muted or not counted or (both and own_fault == bool(by_group))
                counts = check.counts(weight, reverse)
                stops = isinstance(check.config, ScriptConfig) and check.config.on_failure == "stop"
                yield Effect(
                    router=config.name,
                    weight=weight,
                    reverse=reverse,
                    amount=0 if ignored else counts.amount,
                    fault=not ignored and (counts.failed if stops else counts.fault),
                    stops=stops,
                    group=by_group,
                    ignored=ignored,
                )

    def stopping(self, tracked: tuple[Tracked, ...]) -> set[str]:
        """Return the failed trackers that stop the virtual router instead of causing a fault."""
        scripts = self._configuration.scripts
        stops = {script.name for script in scripts if script.on_failure == "stop"}
        return {one.name for one in tracked if one.failed and one.name in stops}

    def mute(self, name: str, muted: bool) -> None:
        """Ignore the results of this tracker, or stop ignoring them."""
        (self.muted.add if muted else self.muted.discard)(name)

    def stop(self) -> None:
        """Stop all trackers."""
        for check in self.checks.values():
            check.stop()


def _weight(
    config: VirtualRouterConfig | SyncGroupConfig | None,
    check: Tracker,
    line: TrackedScript | TrackedLine,
    weighted: bool,
) -> tuple[int, bool]:
    """Return the weight of a tracker and whether it is reversed. `weighted`: weights count at all.

    A file's default weight of 1 is 0 where weights do not count, for an address owner and for a member of a sync group:
    its number is a fault then. keepalived 2.2.7 takes a weight of 1 for no weight.
    """
    weight = check.config.weight if line.weight is None else line.weight
    reverse = check.config.reverse if line.reverse is None else line.reverse
    owner = isinstance(config, VirtualRouterConfig) and config.owner
    if (owner or not weighted) and isinstance(check, FileTracker) and weight == 1:
        weight = 0
    return weight, reverse


def names_of(config: VirtualRouterConfig | SyncGroupConfig) -> list[str]:
    """Return the names of the trackers it uses, in the order of the file."""
    return [name for name, _ in _lines(config)]


def _lines(
    config: VirtualRouterConfig | SyncGroupConfig,
) -> Iterator[tuple[str, TrackedScript | TrackedLine]]:
    """Yield what it tracks, by the name of the tracker."""
    yield from ((script.name, script) for script in config.scripts)
    yield from ((f"file {file.name}", file) for file in config.files)
    yield from ((f"process {process.name}", process) for process in config.processes)


def _lines_of(config: VirtualRouterConfig | SyncGroupConfig, name: str) -> Iterator[TrackedScript | TrackedLine]:
    """Return the lines that use this tracker."""
    return (line for known, line in _lines(config) if known == name)


def _definitions(configuration: Configuration, names: list[str]) -> list[object]:
    scripts = [script for script in configuration.scripts if script.name in names]
    files = [file for file in configuration.files if f"file {file.name}" in names]
    processes = [process for process in configuration.processes if f"process {process.name}" in names]
    return [*scripts, *files, *processes]
