"""The matrix: which scenarios are played by which makes in which dialects. Data alone; the names are the tests' ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.interop import scenarios
from tests.interop.checker import Finding
from tests.interop.makes import V2_AH, V2_NONE, V2_PASS, V3, V3_IPV6, V3_PLAIN_SUM, Speech
from tests.interop.run import Run

OURS_KEEPALIVED, KEEPALIVED_OURS = ("vrrptui", "keepalived"), ("keepalived", "vrrptui")
OURS_FRR, FRR_OURS = ("vrrptui", "frr"), ("frr", "vrrptui")
OURS_OURS = ("vrrptui", "vrrptui")
KEEPALIVED, FRR = (OURS_KEEPALIVED, KEEPALIVED_OURS), (OURS_FRR, FRR_OURS)

BASIC = {
    "S1": scenarios.cold_start,
    "S2": scenarios.terminated,
    "S3": scenarios.killed,
    "S4": scenarios.stopped_and_continued,
    "S5": scenarios.preempted,
    "S6": scenarios.not_preempted,
    "S8": scenarios.link_down,
}
ENDINGS = {"S2": scenarios.terminated, "S3": scenarios.killed}
WIRES = {"S7": scenarios.equal_priorities, "S9": scenarios.partition, "S10": scenarios.one_way_loss}


@dataclass(frozen=True)
class Row:
    """Every one of these scenarios, with every pair of makes, in every one of these dialects."""

    scenarios: dict[str, Callable[[Run], list[Finding]]]
    makes: tuple[tuple[str, ...], ...]
    speeches: tuple[Speech, ...]


ROWS = (
    Row(BASIC, KEEPALIVED, (V2_NONE, V2_PASS, V2_AH, V3, V3_IPV6)),
    Row(BASIC, KEEPALIVED, (V2_PASS.over("unicast"), V3.over("unicast"), V3_IPV6.over("unicast"))),
    Row(BASIC, KEEPALIVED, (V3.over("vmac"), V3_IPV6.over("vmac"))),
    Row(BASIC, FRR, (V2_NONE, V3, V3_IPV6)),
    Row(ENDINGS, KEEPALIVED, (V2_NONE.over("unicast"), V2_AH.over("unicast"))),
    Row(ENDINGS, KEEPALIVED, (V2_NONE.over("vmac"), V2_PASS.over("vmac"), V2_AH.over("vmac"))),
    Row(ENDINGS, FRR, (V2_NONE.over("vmac"), V3.over("vmac"), V3_IPV6.over("vmac"))),
    Row(ENDINGS, (OURS_OURS,), (V2_NONE, V2_PASS, V2_AH, V3, V3_PLAIN_SUM, V3_IPV6)),
    Row(ENDINGS, (OURS_OURS,), (V3.over("unicast"), V3.over("vmac"), V3_IPV6.over("vmac"))),
    Row(WIRES, (*KEEPALIVED, *FRR), (V2_NONE, V3, V3_IPV6)),
    Row({"S11": scenarios.random_loss}, (OURS_KEEPALIVED, KEEPALIVED_OURS, OURS_OURS), (V3,)),
    Row({"S12": scenarios.other_interval_v2}, (*KEEPALIVED, *FRR), (V2_NONE,)),
    Row({"S13": scenarios.other_interval_v3}, (*KEEPALIVED, *FRR), (V3, V3_IPV6)),
    Row({"S14": scenarios.other_addresses}, (*KEEPALIVED, *FRR, OURS_OURS), (V3, V2_NONE)),
    Row({"S15": scenarios.wrong_password}, KEEPALIVED, (V2_PASS, V2_AH)),
    Row({"S16": scenarios.address_owner}, (*KEEPALIVED, OURS_OURS), (V2_NONE, V3)),
    Row({"S17": scenarios.fifty_addresses}, (*KEEPALIVED, OURS_OURS), (V2_NONE, V3)),
    Row({"S18": scenarios.all_vrids}, (*KEEPALIVED, OURS_OURS), (V3,)),
    Row({"S19": scenarios.reloaded}, (OURS_KEEPALIVED, OURS_FRR, OURS_OURS), (V3,)),
    Row({"S20": scenarios.three_makes}, (("vrrptui", "keepalived", "frr"), ("frr", "vrrptui", "keepalived")), (V3,)),
    Row({"S21": scenarios.vrid_clash}, (OURS_KEEPALIVED, OURS_FRR, OURS_OURS), (V3,)),
    Row({"S22": scenarios.pings}, (*KEEPALIVED, OURS_FRR, OURS_OURS), (V3, V3.over("vmac"))),
)

# What `make test` plays; the rest is for `make interop`.
SMOKE = {
    "S1 v3 keepalived+vrrptui",
    "S2 v3 vrrptui+frr",
    "S2 v2 frr+vrrptui",
    "S2 v3 vmac vrrptui+keepalived",
    "S3 v3 frr+vrrptui",
    "S3 v3 IPv6 frr+vrrptui",
    "S3 v3 unicast keepalived+vrrptui",
    "S4 v3 IPv6 vrrptui+keepalived",
    "S5 v3 IPv6 vrrptui+frr",
    "S6 v3 keepalived+vrrptui",
    "S8 v3 vrrptui+keepalived",
    "S9 v3 vrrptui+keepalived",
    "S13 v3 keepalived+vrrptui",
    "S22 v3 vrrptui+keepalived",
}


@dataclass(frozen=True)
class Entry:
    """One run: what is played, by whom, in which dialect."""

    name: str
    play: Callable[[Run], list[Finding]]
    makes: tuple[str, ...]
    speech: Speech

    @property
    def smoke(self) -> bool:
        return self.name in SMOKE


def entries() -> Iterator[Entry]:
    """Every run of the matrix, once."""
    for row in ROWS:
        for speech in row.speeches:
            for makes in row.makes:
                for number, play in row.scenarios.items():
                    yield Entry(f"{number} {speech.name} {'+'.join(makes)}", play, makes, speech)
