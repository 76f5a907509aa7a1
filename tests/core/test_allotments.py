"""The rule by which a coordinator divides slots, under messages that take any time and come in any interleaving."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.flow.allotments import Ledger, fair_shares

SLOTS = st.integers(1, 40)
WANTS = st.lists(st.integers(0, 30), max_size=9)


@settings(derandomize=True)
@given(SLOTS, WANTS, st.integers(0, 1_000))
def test_shares_are_fair_and_leave_nothing_unused(slots: int, wants: list[int], turn: int) -> None:
    shares = fair_shares(slots, wants, turn)

    assert sum(shares) == min(slots, sum(wants))
    assert all(0 <= share <= want for share, want in zip(shares, wants, strict=True))
    for share, want in zip(shares, wants, strict=True):
        if share < want:  # who gets less than it wants has as much as anybody, but for what does not divide
            assert share >= max(shares) - 1


@settings(derandomize=True, max_examples=20, deadline=None)
@given(SLOTS, WANTS)
def test_over_the_turns_everybody_has_the_same(slots: int, wants: list[int]) -> None:
    turns = range(2_520)  # whole rounds, whatever the number of those who take turns
    sums = [sum(shares) for shares in zip(*(fair_shares(slots, wants, turn) for turn in turns), strict=True)]

    assert len({total for total, want in zip(sums, wants, strict=True) if total < want * len(turns)}) <= 1


@dataclass
class Holder:
    """A process as the rule expects it: messages arrive in order, late."""

    want: int = 0
    used: int = 0
    limit: int = 0
    number: int = 0
    inbox: deque[tuple[int, int]] = field(default_factory=deque)
    outbox: deque[tuple[int, int, int]] = field(default_factory=deque)

    def say(self) -> None:
        self.outbox.append((self.want, max(self.used, self.limit), self.number))


# What happens next, and to whom.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["want", "use", "end", "hear", "deliver", "spare", "die", "turn"]),
        st.integers(0, 5),
        st.integers(0, 12),
    ),
    max_size=150,
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.integers(1, 12), st.integers(1, 6), STEPS)
def test_no_interleaving_lets_more_be_used_and_in_the_end_all_is_used_fairly(
    slots: int, processes: int, steps: list[tuple[str, int, int]]
) -> None:
    ledger: Ledger[int] = Ledger(slots, turn_s=1.0)
    holders = {number: Holder() for number in range(processes)}
    for number in holders:
        ledger.join(number)
    now, names = 0.0, itertools.count(processes)

    def tell() -> None:
        for number, limit, telling in ledger.tell(now):
            holders[number].inbox.append((limit, telling))

    def deliver(number: int) -> None:
        want, hold, seen = holders[number].outbox.popleft()
        ledger.heard(number, want=want, hold=hold, number=seen)
        tell()

    def hear(one: Holder) -> None:
        one.limit, one.number = one.inbox.popleft()
        one.say()

    def end(one: Holder) -> None:
        one.used -= 1
        if one.used >= one.limit:
            one.say()

    for step, who, much in steps:
        number = list(holders)[who % len(holders)]
        one = holders[number]
        if step == "want":
            one.want = much
            one.say()
        elif step == "use" and one.used < one.limit:
            one.used += 1
        elif step == "end" and one.used:
            end(one)
        elif step == "hear" and one.inbox:
            hear(one)
        elif step == "deliver" and one.outbox:
            deliver(number)
        elif step == "spare" and one.limit > one.used:
            one.limit = one.used
            one.say()
        elif step == "die":
            del holders[number]
            ledger.leave(number)
            newcomer = next(names)
            holders[newcomer] = Holder()
            ledger.join(newcomer)
            tell()
        elif step == "turn":
            now += 1.0
            tell()
        assert sum(one.used for one in holders.values()) <= ledger.held() <= slots

    # All messages arrive, and requests end where there are too many.
    for one in holders.values():
        one.say()
    while any(one.inbox or one.outbox or one.used > one.limit for one in holders.values()):
        for number, one in holders.items():
            if one.outbox:
                deliver(number)
            if one.inbox:
                hear(one)
            while one.used > one.limit:
                end(one)
        assert sum(one.used for one in holders.values()) <= ledger.held() <= slots

    wants = [min(one.want, slots) for one in holders.values()]
    assert [one.limit for one in holders.values()] == fair_shares(slots, wants, int(now))
    assert ledger.takes_turns() == (fair_shares(slots, wants, 0) != fair_shares(slots, wants, 1))
