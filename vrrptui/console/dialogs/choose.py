"""Selecting the dialog that an action opens for the row of the cursor."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.console.dialogs.engine_actions import AnnounceDialog, DrainDialog, MaintenanceDialog, MuteDialog
from vrrptui.console.dialogs.router_actions import AskDialog, DropDialog, RestoreDialog, StartDialog, StopDialog
from vrrptui.console.settings import actions
from vrrptui.console.settings.actions import Action
from vrrptui.console.state.session import Session

DIALOGS: dict[Action, Callable[[Session, str], AskDialog]] = {
    actions.DROP: DropDialog,
    actions.RESTORE: RestoreDialog,
    actions.MAINTENANCE: MaintenanceDialog,
    actions.DRAIN: DrainDialog,
    actions.ANNOUNCE: AnnounceDialog,
    actions.MUTE: MuteDialog,
}


def dialog_for(action: Action, session: Session, key: str | None) -> tuple[AskDialog | None, str]:
    """Return the dialog for an action on this router or check; or None and the reason."""
    if action.target == "check":
        known = key is not None and key in session.view.picture.checks
        return (DIALOGS[action](session, key), "") if known and key else (None, "no check to mute")
    row = session.view.row(key) if key else None
    if row is None or row.router is None or key is None:
        return None, "only observed here: no local virtual router to act on"
    router = row.router
    if action is actions.STOP_START:
        return (StartDialog if router.state == "stopped" else StopDialog)(session, key), ""
    if action is actions.ANNOUNCE and router.state != "master":
        return None, f"{router.name} is {router.state.upper()}: only a master announces its addresses"
    if action in (actions.DRAIN, actions.MAINTENANCE) and router.state == "stopped":
        return None, f"{router.name} is stopped already"
    return DIALOGS[action](session, key), ""
