from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from shop.kernel.money import Money
from shop.production.rules import (
    HAND_IN_MOVES,
    WORK_MOVES,
    CountMismatch,
    HandInState,
    ReasonMissing,
    Verdict,
    WorkOrderState,
    decide_by,
    piece_rate,
    sources_of,
    state_after,
)


# Source: domain.md 5 E1 and the nine rates of domain.md 11.
@pytest.mark.parametrize(
    ("minutes", "rate_fen"),
    [
        (120, 4620),
        (90, 3470),
        (150, 5780),
        (40, 1540),
        (60, 2310),
        (25, 970),
        (240, 9240),
        (180, 6930),
    ],
)
def test_a_piece_rate_is_the_time_study_rounded_up_to_ten_fen(minutes, rate_fen):
    assert piece_rate(minutes=minutes) == Money(rate_fen)


def test_rounding_never_takes_from_the_maker_and_never_gives_ten_fen_more():
    dice = random.Random(20260720)
    for _ in range(300):
        minutes, hourly = dice.randrange(1, 2000), dice.randrange(1500, 6000)
        rate = piece_rate(minutes=minutes, hourly=Money(hourly)).minor
        exact_times_6000 = minutes * hourly * 105

        assert rate % 10 == 0
        assert exact_times_6000 <= rate * 6000 < exact_times_6000 + 60_000


def test_a_verdict_counts_what_is_accepted_and_what_is_finished():
    verdict = Verdict(passed=8, rework=1, second_grade=2, rejected=1, reason="sole 4 mm short")

    verdict.fit(12)

    assert (verdict.pieces, verdict.accepted, verdict.finished) == (12, 10, 11)


@pytest.mark.parametrize(
    ("verdict", "refusal"),
    [
        pytest.param(Verdict(passed=13), CountMismatch, id="one too many"),
        pytest.param(Verdict(passed=11), CountMismatch, id="one missing"),
        pytest.param(
            Verdict(passed=13, rejected=-1, reason="?"), CountMismatch, id="a negative count"
        ),
        pytest.param(Verdict(passed=11, second_grade=1), ReasonMissing, id="no reason"),
        pytest.param(Verdict(passed=11, rework=1, reason="  "), ReasonMissing, id="a blank reason"),
    ],
)
def test_a_verdict_that_does_not_fit_is_refused(verdict, refusal):
    with pytest.raises(refusal):
        verdict.fit(12)


@pytest.mark.parametrize(
    ("counted", "done", "state"),
    [
        (3, 0, WorkOrderState.PARTLY_HANDED_IN),
        (12, 0, WorkOrderState.ALL_HANDED_IN),
        (2, 10, WorkOrderState.ALL_HANDED_IN),
        (0, 11, WorkOrderState.PARTLY_HANDED_IN),
        (0, 12, WorkOrderState.CLOSED),
    ],
)
def test_a_work_order_stands_where_its_pieces_are(counted, done, state):
    assert state_after(quantity=12, counted=counted, done=done) is state


def test_every_state_of_work_and_hand_in_is_reached():
    reached = {state for targets in WORK_MOVES.values() for state in targets}

    assert reached | {WorkOrderState.OFFERED} == set(WorkOrderState) == set(WORK_MOVES)
    assert HAND_IN_MOVES[HandInState.COUNTED] == {HandInState.INSPECTED}
    assert not HAND_IN_MOVES[HandInState.INSPECTED]
    assert sources_of(WorkOrderState.DECLINED) == {WorkOrderState.OFFERED}


def test_silence_becomes_a_decision_after_three_days():
    counted_at = datetime(2026, 7, 20, 4, tzinfo=UTC)

    assert decide_by(counted_at) == counted_at + timedelta(days=3)
