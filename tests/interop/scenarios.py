"""What is done to the routers of a run, and how it must end; each is judged by its capture when it is over.

r1 is the better router (150) and r2 the worse one (100), unless a scenario says otherwise. The names' numbers are those
of the table in `matrix`.
"""

from __future__ import annotations

import os
import signal
import time

from tests.interop.checker import MS, Finding, Spell
from tests.interop.makes import text_of, vip_of
from tests.interop.run import LATE_NS, Run

NEIGHBOUR_ANEW_NS = 3000 * MS


def down_s(run: Run, priority: int, interval_s: float = 0.0) -> float:
    """Master_Down_Interval in seconds."""
    interval_s = interval_s or run.speech.interval_s
    return 3 * interval_s + (256 - priority) / 256 * (1 if run.speech.version == 2 else interval_s)


def ours(run: Run) -> tuple[str, ...]:
    return tuple(host for host, make in run.makes.items() if make == "vrrptui")


def cold_start(run: Run) -> list[Finding]:
    """S1: both are started together; the worse one may rule until the better one's first advert, and no longer."""
    run.start("r2", 100)
    run.start("r1", 150)
    run.wait_for_master("r1")
    return run.judge(best="r1")


def terminated(run: Run) -> list[Finding]:
    """S2: SIGTERM; the backup takes over after its skew, and when the master comes back it gives way."""
    run.pair()
    run.terminate("r1")
    run.wait_for_master("r2")
    run.start("r1", 150)
    run.wait_for_master("r1")
    return run.judge(best="r1")


def killed(run: Run) -> list[Finding]:
    """S3: kill -9; the backup takes over after its whole down interval."""
    run.pair()
    run.kill("r1")
    run.wait_for_master("r2")
    return run.judge(best="r2")


def stopped_and_continued(run: Run) -> list[Finding]:
    """S4: SIGSTOP for two down intervals, SIGCONT; the backup rules meanwhile and the better one after it."""
    run.pair()
    run.begin_spell("paused", "r1")
    run.routers["r1"].program.signal(signal.SIGSTOP)
    run.wait_for_master("r2")
    run.wait(down_s(run, 100))
    run.routers["r1"].program.signal(signal.SIGCONT)
    run.end_spell("paused", "r1")
    run.wait_for_master("r1")
    return run.judge(best="r1")


def preempted(run: Run) -> list[Finding]:
    """S5: a better router comes; the worse one gives way at its first advert."""
    run.start("r2", 100)
    run.wait_for_master("r2")
    run.start("r1", 150)
    run.wait_for_master("r1")
    return run.judge(best="r1")


def not_preempted(run: Run) -> list[Finding]:
    """S6: with nopreempt the better router that comes later stays backup, and takes over from a dead master."""
    run.start("r2", 100, preempt=False)
    run.wait_for_master("r2")
    run.start("r1", 150, preempt=False)
    run.wait(2 * down_s(run, 150))
    run.wait_for_master("r2")
    run.kill("r2")
    run.wait_for_master("r1")
    return run.judge(best="r1")


def equal_priorities(run: Run) -> list[Finding]:
    """S7: of two with one priority, parted and joined again, the larger address rules."""
    run.start("r1", 100)
    run.wait_for_master("r1")
    run.cut("r2", True)
    run.start("r2", 100)
    run.wait(down_s(run, 100) + 2 * run.speech.interval_s)
    run.cut("r2", False)
    larger = max(("r1", "r2"), key=lambda host: max(map(int, run.sources(host))))
    run.wait_for_master(larger)
    run.wait(2 * run.speech.interval_s)
    return run.judge(best=larger)


def link_down(run: Run) -> list[Finding]:
    """S8: the master's cable is pulled, and plugged in again."""
    run.pair()
    run.begin_spell("away", "r1")
    run.lab.network.plug("r1", False)
    if run.speech.unicast:  # nothing of it may be seen: nobody answers for the peer's hardware address
        run.lab.wait_for(lambda: "MASTER STATE" in run.log("r2"))
    else:
        run.wait_for_master("r2")
    run.lab.network.plug("r1", True)
    plugged_ns = time.time_ns()
    run.end_spell("away", "r1")
    run.wait_for_master("r1")
    found = run.judge(best="r1")
    if run.speech.unicast:  # the kernel keeps what it may not send until the peer's hardware address is known again
        found = [one for one in found if not plugged_ns <= one.at_ns <= plugged_ns + NEIGHBOUR_ANEW_NS]
    return found


def partition(run: Run) -> list[Finding]:
    """S9: the master's port forwards nothing though its link is up; both rule, and healed the better one does."""
    run.pair()
    run.cut("r1", True)
    run.wait_for_master("r2")
    run.cut("r1", False)
    run.wait_for_master("r1")
    return run.judge(best="r1")


def one_way_loss(run: Run) -> list[Finding]:
    """S10: the backup does not hear the master: both rule for as long as it lasts, and the better one never stops."""
    run.pair()
    run.deafen("r2")
    began_ns = time.time_ns()
    run.lab.wait_for(lambda: run.spoke("r2", began_ns) >= 3, 25)
    assert run.spoke("r1", began_ns) >= 3
    run.undeafen("r2")
    run.wait_for_master("r1")
    return run.judge(best="r1")


def random_loss(run: Run) -> list[Finding]:
    """S11: three adverts in ten do not reach the backup; it takes over as often as three in a row are lost."""
    seconds = 60.0
    run.pair()
    run.deafen("r2", 30)
    began_ns = time.time_ns()
    run.wait(seconds)
    run.undeafen("r2")
    run.wait_for_master("r1")
    entries = masterships(run, "r2", began_ns)
    expected = seconds / run.speech.interval_s * 0.7 * 0.3**3
    assert expected / 5 <= entries <= 3 * expected, f"{entries} false takeovers, {expected:.1f} expected"
    return run.judge(best="r1")


def masterships(run: Run, host: str, after_ns: int) -> int:
    """How often this host began to advertise."""
    mine = run.sources(host)
    times = [s.at_ns for s in run.lab.adverts if s.advert.source in mine and s.at_ns > after_ns]
    gap_ns = 2 * run.speech.interval_ns
    return sum(1 for before, now in zip([0, *times], times, strict=False) if now - before > gap_ns)


def other_interval_v2(run: Run) -> list[Finding]:
    """S12: version 2 refuses another interval, so both rule; each says why and keeps its rhythm."""
    run.start("r1", 150)
    run.wait_for_master("r1")
    began_ns = time.time_ns()
    run.start("r2", 100, interval_s=2)
    run.wait(down_s(run, 100, 2) + 2 * 2)  # a keepalived is put off by what it refuses, and may be silent
    for host in ours(run):
        if any(run.spoke(other, began_ns) for other in run.makes if other != host):
            assert "advertisement interval mismatch" in run.log(host)
    all_the_time = tuple(Spell(source, 0) for host in run.makes for source in run.sources(host))
    return run.judge(judged=ours(run), deaf=all_the_time)


def other_interval_v3(run: Run) -> list[Finding]:
    """S13: a backup of version 3 follows its master's interval, and takes over three of those after the last one."""
    run.start("r1", 150)
    run.wait_for_master("r1")
    run.start("r2", 100, interval_s=0.6)
    run.wait(down_s(run, 150, 0.6))
    run.kill("r1")
    run.wait_for_master("r2")
    return run.judge(best="r2")


def other_addresses(run: Run) -> list[Finding]:
    """S14: the lists differ; ours says so, and believes the advert all the same."""
    run.start("r1", 150)
    run.wait_for_master("r1")
    run.start("r2", 100, vips=("192.0.2.200/24",))
    run.wait(3 * down_s(run, 100))
    for host in ours(run):
        others = [h for h in run.makes if h != host]
        if any(run.spoke(h, 0) for h in others):
            assert "other addresses than ours" in run.log(host)
    return run.judge(judged=ours(run))


def wrong_password(run: Run) -> list[Finding]:
    """S15: neither believes the other, both rule, and what is refused disturbs nobody's rhythm."""
    run.start("r1", 150)
    run.wait_for_master("r1")
    began_ns = time.time_ns()
    run.start("r2", 100, password="other")
    run.wait(down_s(run, 100) + 3 * run.speech.interval_s)  # a keepalived may be silent, put off by what it refuses
    everywhere = "".join(run.log(host) for host in ours(run))
    assert "invalid passwd" in everywhere or not all(run.spoke(host, began_ns) for host in run.makes)
    assert "s3cret" not in everywhere
    (mine,) = ours(run)
    theirs = {"key" if run.speech.auth == "AH" else "password": b"other"} if mine == "r2" else {}
    return run.judge(judged=(mine,), **theirs)


def address_owner(run: Run) -> list[Finding]:
    """S16: who owns the address rules at once, gives it up in order, and has it back as soon as it starts."""
    owned = ("192.0.2.21/24",)  # beside the one it sends from: a host that holds its peer's source hears it no more
    run.lab.shell("r1", "ip addr add 192.0.2.21/24 dev eth0")
    run.start("r2", 100, vips=owned)
    run.wait_for_master("r2")
    run.start("r1", 255, vips=owned)
    run.wait_for_master("r1")
    run.terminate("r1")
    run.wait_for_master("r2")
    run.start("r1", 255, vips=owned)
    run.wait_for_master("r1")
    return run.judge(best="r1")


def fifty_addresses(run: Run) -> list[Finding]:
    """S17: fifty addresses: the adverts are on time, and every address is announced."""
    run.pair(more_vips=49)
    run.kill("r1")
    run.wait_for_master("r2")
    run.wait(5 * run.speech.interval_s)
    return run.judge(best="r2", late_ns=4 * LATE_NS)  # for the last of the announcements


def all_vrids(run: Run) -> list[Finding]:
    """S18: 255 virtual routers change hands at once, and each is on time."""
    vrids = tuple(range(1, 256))
    run.start("r1", 150, vrids=vrids, interval_s=1)
    run.wait_for_master("r1", vrids, 40)
    run.start("r2", 100, vrids=vrids, interval_s=1)
    run.wait_for_master("r1", vrids, 40)
    run.terminate("r1")
    run.wait_for_master("r2", vrids, 40)
    return run.judge(
        best="r2", judged=ours(run), late_ns=900 * MS
    )  # one word for all; 255 × 2 of them are started in a moment


def reloaded(run: Run) -> list[Finding]:
    """S19: addresses are added and taken away by reloads, ten times, and no advert is late or missing."""
    run.pair()
    router = run.routers["r1"]
    for number in range(10):
        vips = ("192.0.2.151/24", *(f"192.0.2.{200 + n}/24" for n in range(number % 3)))
        run.lab._configuration("r1", text_of(_with(router.setting, vips=vips)))
        done = run.log("r1").count("Reloaded: ")
        os.kill(router.program.pid, signal.SIGHUP)
        run.lab.wait_for(lambda done=done: run.log("r1").count("Reloaded: ") > done)  # type: ignore[misc]
        held = [vip.split("/")[0] for vip in vips]
        run.lab.wait_for(lambda held=held: all(run.lab.holds("r1", vip) for vip in held))  # type: ignore[misc]
    run.wait_for_master("r1")
    return run.judge(best="r1", new_lists=True)


def _with(setting, **changes):
    return type(setting)(**{**vars(setting), **changes})


def three_makes(run: Run) -> list[Finding]:
    """S20: three routers of three makes are ended and started in turn, twenty times; always the best one rules."""
    priorities = {"r1": 150, "r2": 100, "client": 50}
    for host, priority in priorities.items():
        run.start(host, priority)
    run.wait_for_master("r1")
    for number in range(20):
        host = ("r1", "r2", "client")[number % 3]
        run.terminate(host)
        best = next(one for one in priorities if one != host)
        run.wait_for_master(best)
        run.start(host, priorities[host])
        run.wait_for_master("r1")
    return run.judge(best="r1")


def vrid_clash(run: Run) -> list[Finding]:
    """S21: a stranger's cluster with the same VRID and other addresses: ours does what the election says."""
    run.start("r1", 150)
    run.wait_for_master("r1")
    run.start("r2", 200, vips=("192.0.2.200/24",))
    run.wait_for_master("r2")
    run.terminate("r2")
    run.wait_for_master("r1")
    assert "other addresses than ours" in run.log("r1")
    return run.judge(best="r1", judged=("r1",))


def pings(run: Run) -> list[Finding]:
    """S22: a client pings the address a hundred times a second while it changes hands, in order and without."""
    run.pair()
    pinging = run.lab.run("client", ["ping", "-i", "0.01", "-D", "-W", "1", vip_of(run.speech)])
    run.lab.wait_for(lambda: pinging.text().count(" ttl=") > 50)
    run.terminate("r1")
    run.wait_for_master("r2")
    run.lab.wait_for(lambda: answered_since(pinging.text(), time.time() - 0.5))
    pinging.signal(signal.SIGINT)
    pinging.wait()
    sent, received = counts(pinging.text())
    window_s = down_s(run, 100) - 3 * run.speech.interval_s + LATE_NS / 1e9
    assert sent - received <= window_s / 0.01 + 5, pinging.text()[-300:]
    return run.judge(best="r2")


def answered_since(text: str, moment: float) -> bool:
    """Whether an answer is that young; every line begins with its time in brackets."""
    answers = [line for line in text.splitlines() if " ttl=" in line and line.startswith("[")]
    return bool(answers) and float(answers[-1][1:].split("]")[0]) > moment


def counts(text: str) -> tuple[int, int]:
    words = text[text.index(" packets transmitted") - 12 :].replace("\n", " ").split()
    return int(words[words.index("packets") - 1]), int(words[words.index("received,") - 1])
