"""Reads keepalived.conf, with its included files, into the model and reports everything that is wrong with it.

Any bytes give findings, never an exception. This module handles the outermost level; each block has a module of its
own.
"""

from __future__ import annotations

import os

from vrrptui.config.findings.report import Report
from vrrptui.config.keywords import (
    global_defs,
    instance,
    interfaces,
    rule,
    script,
    static,
    sync_group,
    trackers,
    unsupported,
)
from vrrptui.config.language import settings
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.reader import Reader
from vrrptui.config.language.tree import Statement, build
from vrrptui.config.lint import duplicates, notifications, start
from vrrptui.config.model.configuration import (
    Configuration,
    GarpGroup,
    InterfaceDelay,
    Loaded,
    ScriptConfig,
    SyncGroupConfig,
    TrackFileConfig,
    TrackProcessConfig,
)
from vrrptui.config.resolve import virtual_router

_TRACK_FILES = frozenset(("track_file", "vrrp_track_file"))
_NAMED = _TRACK_FILES | {"vrrp_instance", "vrrp_script", "vrrp_sync_group", "vrrp_track_process", "track_group"}
_UNNAMED = frozenset(
    (
        *("global_defs", "static_ipaddress", "static_routes", "static_rules", "garp_group", "linkbeat_interfaces"),
        *("interface_up_down_delays", "linkbeat_use_polling"),
    )
)
READ = _NAMED | _UNNAMED  # the keywords of the outermost level
_NAME_MAX = 255


def load(path: str, config_id: str | None = None) -> Loaded:
    """Read the configuration file `path`. If it has any error, the result has no configuration.

    Conditions (@id) are compared with `config_id`, by default the first part of the host name. Findings are sorted by
    place; a missing or unreadable file is a finding too.
    """
    report = Report()
    reader = Reader(report, config_id or os.uname().nodename.partition(".")[0], os.environ)
    statements = build(reader.read(path), report, READ)
    draft = _Draft(report)
    unread = report.failed
    for statement in statements:
        draft.read(statement)
    # If a line could not be read, checks for missing or conflicting settings would mislead.
    configuration = None if unread else draft.finish(path)
    findings = tuple(sorted(report.findings, key=lambda finding: finding.place))
    return Loaded(None if report.failed else configuration, findings, tuple(reader.sources))


class _Draft:
    """The contents of the file read so far, block by block."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._globals = global_defs.GlobalDefs()
        self._instances: dict[str, instance.Draft] = {}
        self._scripts: dict[str, ScriptConfig] = {}
        self._files: dict[str, TrackFileConfig] = {}
        self._processes: dict[str, TrackProcessConfig] = {}
        self._sync_groups: dict[str, SyncGroupConfig] = {}
        self._preferences = rule.Preferences()
        self._static = static.Static(report, self._preferences)
        self._garp_groups: list[GarpGroup] = []
        self._delays: tuple[InterfaceDelay, ...] = ()
        self._linkbeat: tuple[tuple[str, str | None], ...] = ()
        self._names: set[tuple[str, str]] = set()  # (keyword, name) of the named blocks

    def read(self, statement: Statement) -> None:
        """Read one statement of the outermost level."""
        report = self._report
        if statement.name in _NAMED:
            if name := self._name(statement):
                self._read_named(statement, name)
        elif statement.name == "global_defs":
            global_defs.read(statement, self._globals, report)
        elif statement.name in ("static_ipaddress", "static_routes", "static_rules"):
            self._static.read(statement)
        elif statement.name == "garp_group":
            if garp_group := interfaces.garp_group(statement, report):
                self._garp_groups.append(garp_group)
        elif statement.name == "linkbeat_interfaces":
            self._linkbeat += interfaces.linkbeat(statement, report)
        elif statement.name == "interface_up_down_delays":
            self._delays += interfaces.delays(statement, report)
        elif statement.name == "linkbeat_use_polling":
            self._globals.fields["linkbeat_polling"] = True
            self._globals.places[statement.name] = statement.place
        elif statement.name in global_defs.ROOT:
            settings.read(statement, global_defs.ROOT, self._globals.fields, report)
            self._globals.places[statement.name] = statement.place
        else:
            unsupported.report_unhandled(statement, unsupported.ROOT, report, READ)
            return
        if statement.name in unsupported.ROOT:
            unsupported.report_unhandled(statement, unsupported.ROOT, report)

    def _read_named(self, statement: Statement, name: Word) -> None:
        report = self._report
        match statement.name:
            case "vrrp_instance":
                draft = self._instances[name.text] = instance.read(statement, name, report)
                draft.rules = self._preferences.given(draft.rules)
            case "vrrp_script":
                if found := script.read(statement, name, report):
                    self._scripts[name.text] = found
            case "vrrp_sync_group":
                self._sync_groups[name.text] = sync_group.read(statement, name, report)
            case "vrrp_track_process":
                if process := trackers.read_process(statement, name, report):
                    self._processes[name.text] = process
            case "track_group":
                self._static.read_group(statement, name)
            case _:
                if file := trackers.read_file(statement, name, report):
                    self._files[name.text] = file

    def finish(self, path: str) -> Configuration:
        """Return the configuration, which is valid only if no error was reported."""
        finished = (virtual_router.finish(draft, self._globals, self._report) for draft in self._instances.values())
        routers = tuple(found for found in finished if found is not None)
        groups = tuple(self._sync_groups.values())
        known = duplicates.Known(self._scripts.keys(), self._files.keys(), self._processes.keys(), self._names)
        routers = tuple(duplicates.without_unknown(one, known, self._report) for one in routers)
        groups = tuple(duplicates.without_unknown(group, known, self._report) for group in groups)
        duplicates.check(routers, self._report)
        alerts = bool(self._globals.inherited.get("smtp_alert"))
        configuration = Configuration(
            file=path,
            globals=self._globals.config(),
            routers=routers,
            scripts=tuple(self._scripts.values()),
            files=tuple(self._files.values()),
            processes=tuple(self._processes.values()),
            sync_groups=sync_group.settle(
                groups,
                {one.name: one for one in routers},
                self._instances.keys() - {one.name for one in routers},
                alerts,
                self._report,
            ),
            static=self._static.config(),
            garp_groups=tuple(self._garp_groups),
            interface_delays=self._delays,
            linkbeat=self._linkbeat,
        )
        duplicates.check_weights(configuration, self._report)
        notifications.check(configuration, self._report)
        start.check(configuration, self._report)
        return configuration

    def _name(self, statement: Statement) -> Word | None:
        """Return the name of a block; None after a finding, also if it is a duplicate."""
        report, keyword = self._report, statement.keyword
        if not statement.values:
            report.error(statement.place, "missing-value", f"{keyword.shown} needs a name")
            return None
        name = statement.values[0]
        kind = "track_file" if keyword.text in _TRACK_FILES else keyword.text
        if len(statement.values) > 1:
            report.error(statement.values[1].place, "bad-value", f"{keyword.shown} has one name, this is a second")
        elif statement.block is None:
            report.error(statement.place, "missing-block", f"{keyword.shown} {name.shown} needs a block in braces")
        elif len(name.text) > _NAME_MAX:
            report.error(name.place, "bad-value", f"the name is longer than {_NAME_MAX} characters")
        elif (kind, name.text) not in self._names:
            self._names.add((kind, name.text))
            return name
        elif kind == "vrrp_instance":
            report.error(name.place, "duplicate-name", f"{keyword.shown} {name.shown} is there already")
        else:
            text = f"{keyword.shown} {name.shown} is there already: the first one counts"
            report.warning(name.place, "duplicate-name", text, "a name of its own for each")
        return None
