"""Fifty texts that try to act on a terminal or on markup, and an engine that has them everywhere."""

from tests.console import world
from vrrptui.control.messages import FromEngine, HistoryEvent, Synced
from vrrptui.control.snapshots import CheckSnapshot, Contribution

_ATTEMPTS = (
    *("\x1b[2J", "\x1b[31m", "\x1b[1;1H", "\x1b[?1049l", "\x1b[?25l", "\x1b[6n", "\x1b[5i", "\x1b[18t", "\x1b[20t"),
    *("\x1bc", "\x1b7", "\x1b(0", "\x1b#8", "\x1bD", "\x1bM", "\x1b[!p", "\x1b[4h", "\x1b[?1000h", "\x1b[>4;2m"),
    *("\x1b]0;owned\x07", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://x\x1b\\", "\x1b]1337;File=:aGk=\x07", "\x1b]4;1;?\x07"),
    *("\x1bPq#0\x1b\\", "\x1bP+q544e\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x1bXx\x1b\\", "\x1b"),
    *("\x9b2J", "\x9d0;owned\x9c", "\x90q\x9c", "\x85", "\x84"),
    *("\0", "\x07", "\x08" * 9, "\r", "\n", "\r\nvrrptui", "\x0b\x0c", "\x0e", "\x7f"),
    *("\u202e", "\u2066\u2069", "\u200b\u200d\ufeff", "\u2028"),
    *("[/]", "[bold red]x[/bold red]", "[@click=app.bell]y[/]", "\\[b]", "A" * 10_000),
)
ATTEMPTS = tuple(f"E{number:02}<{text}>" for number, text in enumerate(_ATTEMPTS))


def spread(number: int, count: int = 4) -> str:
    """Some of them in one text, another lot for each number."""
    return " ".join(ATTEMPTS[(number * count + step) % len(ATTEMPTS)] for step in range(count))


def greeting() -> list[FromEngine]:
    """Every attempt as a router's name, an address, a reason, a check's output, an event's text."""
    said: list[FromEngine] = [world.hello(), world.engine(host=ATTEMPTS[0], interfaces=list(ATTEMPTS[1:4]))]
    for number, text in enumerate(ATTEMPTS):
        key, short = f"eth0/{number + 1}", text[:2000]  # a line of the socket is 64 KiB at most
        heard = world.heard("10.0.0.2", 100, source_mac=short, auth=short)
        problems = {"severity": "warning", "problems": [short], "explanations": [short], "last_cause": text}
        said.append(
            world.group(number + 1, "10.0.0.1", heard, key=key, addresses=[short], listeners=[short], **problems)
        )
        part = Contribution(name=short, amount=-1, state="down")
        said.append(world.router(number + 1, "backup", 100, part, name=short, reason=short, virtual_addresses=[short]))
        said.append(
            CheckSnapshot(
                name=text,
                kind="script",
                state="down",
                weight=-5,
                rise=1,
                fall=1,
                run=(1, 1),
                last_output=text,
                command=text,
                hint=text,
                routers=[text],
            )
        )
        said.append(
            HistoryEvent(
                seq=number + 1, time=world.NOW, group=key, kind=text, severity="critical", text=spread(number), by=text
            )
        )
    return [*said, Synced()]
