"""The notify_* keywords of virtual routers and sync groups: a command, and the user that runs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vrrptui.config.findings.report import Report
from vrrptui.config.language import values
from vrrptui.config.language.tree import Statement
from vrrptui.config.model.configuration import Notify, User

EVENTS = {  # keyword: field of Notify
    "notify": "any",
    "notify_master": "master",
    "notify_backup": "backup",
    "notify_fault": "fault",
    "notify_stop": "stop",
    "notify_deleted": "deleted",
    "notify_master_rx_lower_pri": "master_rx_lower_pri",
}


def read(statement: Statement, notify: Notify, report: Report) -> Notify:
    """Return `notify` with one more command; the first of each kind is kept."""
    event = EVENTS[statement.name]
    if getattr(notify, event):
        values.written_twice(statement, report)
        return notify
    if statement.name == "notify_deleted":
        notify = replace(notify, says_deleted=True)
        if not statement.values:
            return notify
    found = command_and_user(statement, report)
    if found is None:
        return notify
    command, user = found
    if user:
        notify = replace(notify, users=(*notify.users, (event, user)))
    changed: dict[str, Any] = {event: command}
    return replace(notify, **changed)


def command_and_user(statement: Statement, report: Report) -> tuple[tuple[str, ...], User | None] | None:
    """Return a command, quoted if it has arguments, and its optional user and group; None after an error."""
    found = values.command(statement, report)
    if found is None:
        return None
    command, extra = found
    if len(extra) > 2:
        text = "only the first word is the command, the next are its user and group, and the rest is not used"
        report.warning(statement.place, "extra-words", text, "put the command with its arguments in double quotes")
    return command, User(*extra[:2]) if extra else None
