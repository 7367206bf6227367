"""Which dialog an act opens on what is under the cursor, or why none."""

from __future__ import annotations

from collections.abc import Callable

from vrrptui.console.dialogs.engine_actions import AnnounceDialog, DrainDialog, MaintenanceDialog, MuteDialog
from vrrptui.console.dialogs.router_actions import AskDialog, DropDialog, RestoreDialog, StartDialog, StopDialog
from vrrptui.console.state.session import Session

ON_ROUTERS: dict[str, Callable[[Session, str], AskDialog]] = {
    "drop": DropDialog,
    "restore": RestoreDialog,
    "maintenance": MaintenanceDialog,
    "drain": DrainDialog,
    "announce": AnnounceDialog,
}


def dialog_for(name: str, session: Session, key: str | None) -> tuple[AskDialog | None, str]:
    """The dialog for the act `name` on the router or check of that key; or None, and why it cannot be asked."""
    if name == "mute":
        known = key is not None and key in session.view.picture.checks
        return (MuteDialog(session, key), "") if known and key else (None, "no check to mute")
    row = session.view.row(key) if key else None
    if row is None or row.router is None or key is None:
        return None, "only heard here: no virtual router of ours to act on"
    router = row.router
    if name == "stop_start":
        return (StartDialog if router.state == "stopped" else StopDialog)(session, key), ""
    if name == "announce" and router.state != "master":
        return None, f"{router.name} is {router.state.upper()}: only a master announces its addresses"
    if name in ("drain", "maintenance") and router.state == "stopped":
        return None, f"{router.name} is stopped already"
    return ON_ROUTERS[name](session, key), ""
