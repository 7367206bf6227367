"""The track_* blocks of virtual routers and sync groups, with the weights."""

from __future__ import annotations

from dataclasses import dataclass, field

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.lexer import Word
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Tracked, TrackedInterface, TrackedScript

WEIGHT_MAX = 253  # so that a weight alone can move a priority through all of 1 to 254
FILE_WEIGHT_MAX = 254  # for files and processes

KEYWORDS = frozenset(("track_script", "track_interface", "track_file", "track_process", "track_bfd"))


@dataclass(slots=True)
class Trackers:
    """What one virtual router or sync group tracks, in file order."""

    scripts: list[TrackedScript] = field(default_factory=list)
    interfaces: list[TrackedInterface] = field(default_factory=list)
    files: list[Tracked] = field(default_factory=list)
    processes: list[Tracked] = field(default_factory=list)
    bfd_sessions: list[Tracked] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def as_fields(self) -> dict[str, tuple[object, ...]]:
        """Return the lists by field name of the model."""
        return {
            "scripts": tuple(self.scripts),
            "interfaces": tuple(self.interfaces),
            "files": tuple(self.files),
            "processes": tuple(self.processes),
            "bfd_sessions": tuple(self.bfd_sessions),
        }

    def read(self, statement: Statement, report: Report) -> None:
        """Read one track_* block."""
        kind = statement.name.removeprefix("track_")
        limit = FILE_WEIGHT_MAX if kind in ("file", "process") else WEIGHT_MAX
        for inner in values.block(statement, report):
            name = inner.name
            if kind == "interface" and values.interface_name(inner.keyword, report) is None:
                continue
            if (kind, name) in self._seen:
                text = f"{kind} {inner.keyword.shown} is tracked twice: the first line counts"
                report.warning(inner.place, "duplicate-tracking", text)
                continue
            self._seen.add((kind, name))
            weight, reverse = _line_weight(inner, limit, report)
            match kind:
                case "script":
                    self.scripts.append(TrackedScript(name, weight, inner.place, reverse))
                case "interface":
                    self.interfaces.append(TrackedInterface(name, weight or 0, inner.place, bool(reverse)))
                case "file":
                    self.files.append(Tracked(name, weight, inner.place, reverse))
                case "process":
                    self.processes.append(Tracked(name, weight, inner.place, reverse))
                case _:
                    self.bfd_sessions.append(Tracked(name, weight, inner.place, reverse))


def _line_weight(statement: Statement, limit: int, report: Report) -> tuple[int | None, bool | None]:
    """Return the weight and reverse flag on a line of a track block; None for each one not given."""
    if statement.block is not None:
        report.error(statement.place, "unexpected-block", f"{statement.keyword.shown} takes no block")
    if not statement.values:
        return None, None
    first = statement.values[0]
    if first.text != "weight":
        report.error(first.place, "bad-value", f"{first.shown} is not known here", "weight N")
    elif len(statement.values) == 1:
        report.error(first.place, "missing-value", "'weight' needs a value")
    else:
        return read_weight(statement.values[1:], limit, report)
    return None, None


def read_weight(words: tuple[Word, ...], limit: int, report: Report) -> tuple[int | None, bool | None]:
    """Return a weight of -`limit` to `limit` and an optional reverse flag; None for each one not given."""
    number = values.whole(words[0], -limit, limit, "weight", report)
    reverse = None
    for word in words[1:]:
        if word.text == "reverse":
            reverse = True
        elif word.text in ("noreverse", "no_reverse"):
            reverse = False
        else:
            report.error(word.place, "bad-value", f"{word.shown} is no option of a weight")
    return number, reverse
