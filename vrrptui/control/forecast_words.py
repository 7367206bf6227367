"""A forecast in sentences: those of `vrrptui forecast`, and the clauses that the console's dialogs share with them."""

from __future__ import annotations

from vrrptui.control.forecast import Candidate, Outcome, Risk, RiskCode, Verdict


def named(one: Candidate) -> str:
    """Who it is, and its priority: 10.0.0.2 (150)."""
    return f"{one.called} ({one.priority})"


def within(seconds: float) -> str:
    """The end of a time, as every forecast gives it."""
    return f"within {seconds:.2f} s"


def takes_over(winner: Candidate, after: float) -> str:
    """The clause for a new master."""
    return f"{named(winner)} takes over {within(after)}"


def stays_master(master: Candidate) -> str:
    """The clause for a master that nothing moves."""
    return f"{named(master)} stays master"


def already_master(one: Candidate) -> str:
    """The clause for one of two masters when the other goes."""
    return f"{named(one)} is master already and stays alone"


def not_higher(one: Candidate) -> str:
    """The clause for the best other router when its priority is too low."""
    return f"{named(one)} is not higher"


def effect(outcome: Outcome) -> str:
    """One sentence: who is master then, and when."""
    then, after = outcome.then, outcome.after or 0.0
    match outcome.verdict:
        case Verdict.TAKES_OVER if then:
            return f"{takes_over(then, after)}."
        case Verdict.ALREADY_MASTER if then:
            return f"{already_master(then)}."
        case Verdict.NOT_HIGHER:
            return f"{not_higher(outcome.rest[0])}: the master stays."
        case Verdict.PROBABLY_STAYS:
            return "The master probably stays."
        case Verdict.NOBODY_ELSE:
            return "No other router was ever heard in this group: nothing moves."
        case Verdict.PERHAPS:
            names = ", ".join(one.source for one in outcome.rest)
            return f"A router may take over: {names}; the priority was never heard, or was a resignation."
        case Verdict.NOBODY:
            return "No other router was ever heard in this group: no router is known to take over."
    return f"{stays_master(then)}." if then else "No master is heard, and none comes of this."


def risk(one: Risk) -> str:
    """One sentence for what may go wrong."""
    who = ", ".join(one.who)
    match one.code:
        case RiskCode.ONE_BACKUP_LESS:
            return f"One backup less: {who}."
        case RiskCode.GOES_TO_FAULT:
            return f"{who} goes to fault: one backup less."
        case RiskCode.DOWN_ALREADY:
            return f"{who} is down already."
        case RiskCode.OPERATORS_PRIORITY:
            return f"An operator's priority, {one.number}, stands in place of the sum until it is reset."
        case RiskCode.NO_MASTER_HEARD:
            return "No master is heard now."
        case RiskCode.NO_PREEMPT:
            return f"{who} does not preempt (nopreempt)."
        case RiskCode.RIVAL_NO_PREEMPT:
            named = f"{who} ({one.number})"
            return f"{named} does not preempt (nopreempt): a lower priority moves nothing, only silence would."
        case RiskCode.PREEMPTION_UNKNOWN:
            return f"Whether {who} preempts is unknown from here; with nopreempt nothing would move."
        case RiskCode.TIE:
            return f"{who} has the same priority: both may take over, and the larger address keeps it."
        case RiskCode.PRIORITY_UNKNOWN:
            return f"The priority of {who} is unknown: it may be the higher one."
        case RiskCode.DOWN_TIMER_ASSUMED:
            return f"That {who} waits for {one.number} adverts too (down_timer_adverts) is assumed."
        case RiskCode.LISTENS_ONLY:
            return f"Whether {who} is alive is not known for sure: it listens to the group."
        case RiskCode.SILENT:
            return f"Whether {who} is alive is not known for sure: it has been silent since."
        case RiskCode.UNSERVED:
            return f"{who or 'the addresses'} may go unserved."
