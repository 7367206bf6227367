"""The screens in the order of their tabs, and the possible values of settings."""

from __future__ import annotations

from vrrptui.console.screens.adverts import AdvertsScreen
from vrrptui.console.screens.checks import ChecksScreen
from vrrptui.console.screens.engine import EngineScreen
from vrrptui.console.screens.events import EventsScreen
from vrrptui.console.screens.groups import GroupsScreen
from vrrptui.console.screens.screen import ConsoleScreen, ListScreen
from vrrptui.console.settings import theme as themes
from vrrptui.console.settings.preferences import Known

SCREENS: tuple[type[ConsoleScreen], ...] = (GroupsScreen, AdvertsScreen, ChecksScreen, EventsScreen, EngineScreen)


def known() -> Known:
    """Return all themes, and the column titles of each list by its tab."""
    lists = [screen for screen in SCREENS if issubclass(screen, ListScreen)]
    columns = {screen.MODE: [column.title for column in screen.COLUMNS if column.title] for screen in lists}
    return Known(themes.available(), columns)
