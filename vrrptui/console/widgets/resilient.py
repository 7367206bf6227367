"""What a screen needs to stand a storm: sizes that change all the time, and keys that come faster than it can go."""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete


class Steady:
    """To be mixed into a Screen, before it: laid out for the terminal's size alone, and dismissed once.

    Textual's screens tell themselves each new size that they were laid out for. With two sizes on their way, each
    layout would call for the other one, for ever: nothing would be painted any more. And a screen that is dismissed a
    second time, by a key that was on its way, would take the screen below with it.
    """

    def on_resize(self, event: events.Resize) -> None:
        if event.size != self.app.size:  # type: ignore[attr-defined]
            event.prevent_default()

    def dismiss(self, result: object = None) -> AwaitComplete:
        if self.is_active:  # type: ignore[attr-defined]
            done: AwaitComplete = super().dismiss(result)  # type: ignore[misc]
        else:
            done = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return done
