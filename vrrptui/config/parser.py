"""keepalived.conf to the model: `load` reads a file whole, with what it includes, and says all that is wrong with it.

Total: any bytes give findings, never an exception. Knows the outermost scope; each block has a module of its own.
"""

from __future__ import annotations

import os

from vrrptui.config import global_defs, instance, keywords, lint, router, script
from vrrptui.config.lexer import Word
from vrrptui.config.model import Configuration, Loaded, ScriptConfig
from vrrptui.config.reader import Reader
from vrrptui.config.report import Report
from vrrptui.config.tree import Statement, build

_NAME_MAX = 255


def load(path: str, config_id: str | None = None) -> Loaded:
    """Read the configuration file `path`. With any error in it there is no configuration at all.

    `config_id` is what its conditions (@id) are compared with: by default the first part of the host's name.
    Findings are sorted by place. A file that is missing or cannot be read is a finding too.
    """
    report = Report()
    statements = build(
        Reader(report, config_id or os.uname().nodename.partition(".")[0], os.environ).read(path), report
    )
    draft = _Draft(report)
    unread = report.failed
    for statement in statements:
        draft.read(statement)
    # When a line could not be read, what is missing or does not go together cannot be told.
    configuration = None if unread else draft.finish(path)
    findings = tuple(sorted(report.findings, key=lambda finding: finding.place))
    return Loaded(None if report.failed else configuration, findings)


class _Draft:
    """What the file said so far: what holds for all, the virtual routers and the scripts."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._globals = global_defs.GlobalDefs()
        self._instances: dict[str, instance.Draft] = {}
        self._scripts: dict[str, ScriptConfig] = {}
        self._names: set[tuple[str, str]] = set()  # (keyword, name) of the blocks with a name

    def read(self, statement: Statement) -> None:
        """Read one statement of the outermost scope."""
        match statement.name:
            case "global_defs":
                global_defs.read(statement, self._globals, self._report)
            case "vrrp_instance":
                if name := self._name(statement):
                    self._instances[name.text] = instance.read(statement, name, self._report)
            case "vrrp_script":
                if (name := self._name(statement)) and (found := script.read(statement, name, self._report)):
                    self._scripts[name.text] = found
            case _:
                keywords.report_unhandled(statement, keywords.ROOT, self._report)

    def finish(self, path: str) -> Configuration:
        """The configuration; to be used only when no error was reported."""
        finished = (router.finish(draft, self._globals, self._report) for draft in self._instances.values())
        routers = tuple(found for found in finished if found is not None)
        routers = lint.without_unknown_scripts(routers, self._scripts, self._report)
        lint.check(routers, self._report)
        return Configuration(
            file=path, globals=self._globals.config(), routers=routers, scripts=tuple(self._scripts.values())
        )

    def _name(self, statement: Statement) -> Word | None:
        """The name of a block, once only."""
        report, keyword = self._report, statement.keyword
        if not statement.values:
            report.error(statement.place, "missing-value", f"{keyword.shown} needs a name")
            return None
        name = statement.values[0]
        if len(statement.values) > 1:
            report.error(statement.values[1].place, "bad-value", f"{keyword.shown} has one name, this is a second")
        elif statement.block is None:
            report.error(statement.place, "missing-block", f"{keyword.shown} {name.shown} needs a block in braces")
        elif len(name.text) > _NAME_MAX:
            report.error(name.place, "bad-value", f"the name is longer than {_NAME_MAX} characters")
        elif (statement.name, name.text) in self._names:
            report.error(name.place, "duplicate-name", f"{keyword.shown} {name.shown} is there already")
        else:
            self._names.add((statement.name, name.text))
            return name
        return None
