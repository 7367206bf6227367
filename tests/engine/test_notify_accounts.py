"""Who a notification is run as."""

from __future__ import annotations

import os
from pathlib import Path

from tests.rights import needs_two_users
from vrrptui.config.model.configuration import Notify, User
from vrrptui.engine.notify.notifications import NotifyQueue
from vrrptui.engine.programs.subprocess_run import AS_WE_DO


@needs_two_users
async def test_a_notification_has_its_own_user_or_script_user(tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.touch()
    said.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(folder.stat().st_mode | 0o711)
    tell = ("/bin/sh", "-c", f"id -un >> {said}")
    queue = NotifyQueue("VI_1", Notify(master=tell, any=tell, users=(("master", User("nobody")),)), AS_WE_DO)
    queue.entered("master", 100)
    await queue.idle.wait()
    assert said.read_text().split() == ["nobody", "root"]
