"""The nftables table for no_accept: its text, and who puts it back."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess

import pytest

from tests.engine.host import configured, instance, until
from vrrptui.engine.host import accept_filter, accept_filter_watch
from vrrptui.engine.host.accept_filter import FRESH, AcceptFilter, Kept, keep, remove_left, ruleset
from vrrptui.engine.host.accept_filter_watch import AcceptFilterWatch

DROPPING = """\
table inet vrrptui {
chain input {
type filter hook input priority -1; policy accept;
icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
ip daddr 192.0.2.100 drop
}
chain output {
type filter hook output priority -1; policy accept;
icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
ip saddr 192.0.2.100 drop
}
}
"""


def test_only_routers_with_no_accept_are_in_the_table(tmp_path):
    assert ruleset(configured(tmp_path, instance("VI_1", 51, 100)).routers) == ""
    two = configured(tmp_path, instance("VI_1", 51, 100), instance("VI_2", 52, 100, "no_accept")).routers
    assert ruleset(two) == DROPPING


def test_a_link_local_address_is_dropped_on_its_interface_alone(tmp_path):
    vips = ("fe80::100/64", "2001:db8::100/64")
    (config,) = configured(tmp_path, instance("VI_1", 51, 100, "no_accept", vips=vips)).routers
    lines = ruleset([config]).splitlines()
    assert 'iifname "lan0" ip6 daddr fe80::100 drop' in lines
    assert 'oifname "lan0" ip6 saddr fe80::100 drop' in lines
    assert "ip6 daddr 2001:db8::100 drop" in lines


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="nft needs CAP_NET_ADMIN even to check a text")
def test_nft_takes_the_text(tmp_path):
    vips = ("fe80::100/64", "2001:db8::100/64")
    configs = configured(tmp_path, instance("VI_1", 51, 100, "no_accept"),
                         instance("VI_2", 52, 100, "no_accept", vips=vips)).routers  # fmt: skip
    command = ["unshare", "-n", "nft", "-c", "-f", "-"]
    done = subprocess.run(command, input=FRESH + ruleset(configs), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


class Nft:
    """In place of nft: keeps the table, or refuses it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.table, self.refuses, self.loads = "", "", 0
        monkeypatch.setattr(accept_filter, "run_helper", self.run)

    def run(self, *words: str, seconds: float, text: str = "") -> subprocess.CompletedProcess[str]:
        if "list" in words:
            return subprocess.CompletedProcess(words, 0 if self.table else 1, self.table, "")
        self.loads += 1
        if not self.refuses:
            self.table = text.removeprefix(FRESH)
        return subprocess.CompletedProcess(words, bool(self.refuses), "", self.refuses)


def test_the_table_is_loaded_when_it_changes_and_removed(tmp_path, monkeypatch):
    nft, one = Nft(monkeypatch), AcceptFilter()
    routers = configured(tmp_path, instance("VI_1", 51, 100, "no_accept")).routers
    assert one.apply(routers) is None
    assert one.apply(routers) is None
    assert (nft.table, nft.loads) == (DROPPING, 1)
    one.remove()
    assert nft.table == ""


def test_a_refusal_is_told_with_the_first_line_of_nft(tmp_path, monkeypatch):
    nft, one = Nft(monkeypatch), AcceptFilter()
    nft.refuses = "Error: no such thing\n^^^^"
    routers = configured(tmp_path, instance("VI_1", 51, 100, "no_accept")).routers
    assert one.apply(routers) == "no_accept is not in force: Error: no such thing"


def test_a_table_that_a_killed_engine_left_is_removed(monkeypatch):
    nft = Nft(monkeypatch)
    nft.table = DROPPING
    remove_left()
    assert nft.table == ""


def test_a_table_that_is_the_same_is_left_alone(monkeypatch):
    nft = Nft(monkeypatch)
    assert keep(DROPPING, "") == Kept(was_lost=False, why=None, listing=DROPPING)
    assert keep(DROPPING, DROPPING) == Kept(was_lost=False, why=None, listing=DROPPING)
    assert nft.loads == 1
    nft.table = ""
    assert keep(DROPPING, DROPPING) == Kept(was_lost=True, why=None, listing=DROPPING)
    assert nft.table == DROPPING


async def test_a_lost_table_is_put_back_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(accept_filter_watch, "AGAIN_S", 0.02)
    nft, one = Nft(monkeypatch), AcceptFilter()
    one.apply(configured(tmp_path, instance("VI_1", 51, 100, "no_accept")).routers)
    reports: list[tuple[str | None, str]] = []
    watch = AcceptFilterWatch(one, lambda why, news: reports.append((why, news)))
    try:
        watch.look(0)
        await until(lambda: reports)
        assert (reports.pop(), one.listing) == ((None, ""), DROPPING)
        nft.table, nft.refuses = "", "Error: busy"
        watch.look(0)
        await until(lambda: reports)
        why, news = reports[0]
        assert (why, news.endswith("not restored: Error: busy")) == ("Error: busy", True)
        nft.refuses = ""
        await until(lambda: reports[-1][0] is None)  # it tries again by itself
        assert nft.table == DROPPING
    finally:
        watch.close()
    reports.clear()
    watch.look(0)
    await asyncio.sleep(0.05)
    assert reports == []
