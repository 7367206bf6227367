"""Checks for notifications that have no effect."""

from __future__ import annotations

from vrrptui.config.findings.report import Report
from vrrptui.config.model.configuration import Configuration, Place, SyncGroupConfig, VirtualRouterConfig


def check(configuration: Configuration, report: Report) -> None:
    """Report FIFOs that conflict, scripts without a FIFO, and mail without a recipient."""
    general = configuration.globals

    def place(keyword: str) -> Place:
        return general.origins.get(keyword, Place(configuration.file, 1))

    for keyword, fifo in (("notify_fifo", general.fifo), ("vrrp_notify_fifo", general.vrrp_fifo)):
        if fifo.script and not fifo.path:
            text = f"{keyword}_script has no effect without {keyword}"
            report.warning(place(f"{keyword}_script"), "no-effect", text, f"write {keyword} PATH")
        if fifo.path and not fifo.path.startswith("/"):
            text = f"the path of {keyword} does not begin at /: it depends on where the engine was started"
            report.warning(place(keyword), "relative-path", text, "write an absolute path")
    if general.fifo.path and general.fifo.path == general.vrrp_fifo.path:
        text = "notify_fifo and vrrp_notify_fifo are the same file: each line is written once"
        report.warning(place("vrrp_notify_fifo"), "shared-fifo", text, "a FIFO of its own for each, or one keyword")
    alerting: list[VirtualRouterConfig | SyncGroupConfig] = [*configuration.routers, *configuration.sync_groups]
    asked = next((one for one in alerting if one.smtp_alert), None)
    if asked is not None and not general.mail.to:
        found = asked.origins.get("smtp_alert") or general.origins.get("smtp_alert_vrrp") or asked.place
        text = "smtp_alert has no effect without notification_email: mail has no recipient"
        report.warning(found, "no-effect", text, "write notification_email { ADDRESS }")
