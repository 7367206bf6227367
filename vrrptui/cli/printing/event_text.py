"""Formatting events of the history and times."""

from __future__ import annotations

from datetime import datetime

from vrrptui.control.messages import EventKind, HistoryEvent


def event_text(event: HistoryEvent) -> str:
    """Return time, group and text, and for a change of master the gap with its prediction."""
    text = f"{moment(event.time)} {event.group or 'engine'} {event.kind}: {event.text}"
    if event.gap_ms is not None:
        predicted = "" if event.predicted_gap_ms is None else f", predicted {event.predicted_gap_ms:.1f} ms"
        so_far = " so far" if event.kind == EventKind.MASTER_LOST else ""
        text += f" (gap {event.gap_ms:.1f} ms{so_far}{predicted})"
    return text


def moment(time_s: float) -> str:
    """Return the local time to the millisecond; the number itself if no calendar has it."""
    try:
        return datetime.fromtimestamp(time_s).strftime("%H:%M:%S.%f")[:-3]
    except (ValueError, OverflowError, OSError):  # a capture may have any number
        return f"{time_s:.3f}"
