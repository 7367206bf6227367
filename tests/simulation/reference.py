"""What RFC 9568 §6.4 and RFC 3768 §6.4 say of one virtual router, as directly as it can be written down.

No bytes, no checks, no names: it is told what is true. The real machine must do and wait for exactly the same.
Times are nanoseconds of the router's own clock; fractions, so that nothing is rounded before it is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

SECOND = 1_000_000_000
TAKEOVER = ["AddAddresses", "Announce"]


@dataclass
class Reference:
    """`address` is the number of its own address; a router of priority 255 owns the virtual address."""

    version: int
    base: int
    interval: int
    address: int
    preempt: bool
    preempt_delay: int
    state: str = "init"
    due: Fraction | None = None  # of the down timer, or of the advert timer
    announce: int | None = None  # when announcements come again
    learned: int = 0
    priority: int = 0
    delay_ends: int | None = None
    announced: int = 0
    answered: int | None = None

    def skew(self) -> Fraction:
        return Fraction(256 - self.priority, 256) * (SECOND if self.version == 2 else self.learned)

    def down(self) -> Fraction:
        return 3 * self.learned + self.skew()

    def startup(self, now: int) -> list[str]:
        self.priority = self.priority or self.base
        self.learned = self.interval
        if self.base == 255:
            return self._master(now)
        self._backup(now)
        return []

    def leave(self) -> list[str]:
        """Shutdown, or a fault."""
        resigns = ["SendAdvert 0", "RemoveAddresses"] if self.state == "master" else []
        self.state, self.due, self.announce = "init", None, None
        return resigns

    def change(self, priority: int) -> list[str]:
        before = self.skew()
        self.priority = priority
        if self.state == "backup":
            assert self.due is not None
            self.due += self.skew() - before
        return []

    def follow(self, now: int, state: str) -> list[str]:
        if state == "master" and self.state == "backup":
            return self._master(now)
        if state == "backup" and self.state == "master":
            self.learned = self.interval
            self._backup(now)
            return ["RemoveAddresses"]
        return []

    def tick(self, now: int) -> list[str]:
        done: list[str] = []
        if self.state == "backup" and self.due is not None and now >= self.due:
            return self._master(now)
        if self.state == "master":
            assert self.due is not None
            if now >= self.due:
                done.append(f"SendAdvert {self.priority}")
                while self.due <= now:
                    self.due += self.interval
            if self.announce is not None and now >= self.announce:
                done.append("Announce")
                self.announced, self.announce = now, None
        return done

    def hear(self, now: int, priority: int, address: int, interval: int) -> list[str]:
        """An advert that passes every check."""
        if self.state == "backup":
            self._backup_hears(now, priority, interval)
            return []
        return self._master_hears(now, priority, address, interval) if self.state == "master" else []

    def _backup_hears(self, now: int, priority: int, interval: int) -> None:
        if priority == 0:
            self.due = now + self.skew()
            return
        holds_back = not self.preempt and self.base != 255
        if priority < self.priority and not holds_back and self.preempt_delay:
            self.delay_ends = self.delay_ends or now + self.preempt_delay
            holds_back = now < self.delay_ends
            if not holds_back:
                return
            self._believe(now, interval)
            return
        if priority >= self.priority or holds_back:
            self.delay_ends = None
            self._believe(now, interval)

    def _believe(self, now: int, interval: int) -> None:
        self.learned = interval if self.version == 3 else self.interval
        self.due = now + self.down()

    def _master_hears(self, now: int, priority: int, address: int, interval: int) -> list[str]:
        advert = f"SendAdvert {self.priority}"
        if priority == 0:
            self.due = Fraction(now + self.interval)
            return [advert]
        if (priority, address) > (self.priority, self.address):
            self._backup(now)
            self._believe(now, interval)
            return ["RemoveAddresses"]
        done = []
        if self.answered is None or now - self.answered >= max(SECOND // 100, self.interval // 10):
            self.answered = now
            done.append(advert)
        if now - self.announced >= SECOND:
            self.announced, self.announce = now, now + 5 * SECOND
            done.append("Announce")
        return done

    def _backup(self, now: int) -> None:
        self.state, self.announce, self.delay_ends = "backup", None, None
        self.due = now + self.down()

    def _master(self, now: int) -> list[str]:
        self.state, self.learned = "master", self.interval
        self.due, self.announce = Fraction(now + self.interval), now + 5 * SECOND
        self.announced, self.answered = now, None
        return [f"SendAdvert {self.priority}", *TAKEOVER]

    def next(self) -> Fraction | None:
        """When it must be called again."""
        if self.announce is None or self.due is None:
            return self.due
        return min(self.due, Fraction(self.announce))
