"""A screen that withstands quick changes of size, and keys that arrive faster than it can close."""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete


class Steady:
    """A mixin for a Screen, to be listed first: laid out for the terminal's size only, and dismissed once.

    Textual's screens report each size they were laid out for to themselves. With two sizes pending, each layout would
    trigger the other for ever, and nothing would be painted. A screen that is dismissed twice, by a key that was
    pending, would also close the screen below.
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
