from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.kernel.db import db
from shop.programs import services
from shop.programs.models import KeptAnswer
from shop.programs.rules import ANSWER_MOVES, ANSWERS_KEPT, WORK_LASTS, AnswerState
from shop.programs.services import Claim, Kept

ASKED = {"caller": "prg_A", "key": "key-0001", "content": "POST /cart/goods {}"}
SECOND = timedelta(seconds=1)


def answered(noon):
    claimed = services.claim(**ASKED, now=noon)
    services.perform(claimed, lambda: None)
    services.keep_answer(claimed, status=200, body="{}")
    return claimed


def test_the_first_answer_is_given_again_and_nothing_is_done_again(app, noon):
    answered(noon)
    assert services.claim(**ASKED, now=noon + SECOND) == Kept(200, "{}")


def test_a_key_with_another_content_is_refused_by_name(app, noon):
    answered(noon)
    with pytest.raises(services.KeyTaken):
        services.claim(**{**ASKED, "content": "POST /cart/goods {1}"}, now=noon)


def test_keys_of_different_callers_never_meet(app, noon):
    answered(noon)
    assert isinstance(services.claim(**{**ASKED, "caller": "prg_B"}, now=noon), Claim)


def test_a_key_at_work_is_refused_and_one_of_a_killed_request_is_taken_up(app, noon):
    first = services.claim(**ASKED, now=noon)
    with pytest.raises(services.KeyInUse):
        services.claim(**ASKED, now=noon + WORK_LASTS - SECOND)
    assert services.claim(**ASKED, now=noon + WORK_LASTS) == Claim(first.id, is_done=False)


def test_what_was_done_before_the_process_was_killed_is_not_done_again(app, noon):
    services.perform(services.claim(**ASKED, now=noon), lambda: None)  # and then it was killed

    again = services.claim(**ASKED, now=noon + WORK_LASTS)

    assert again.is_done
    services.perform(again, lambda: pytest.fail("done twice"))


def test_a_refused_request_changes_nothing_and_frees_its_key(app, noon):
    claimed = services.claim(**ASKED, now=noon)

    def refuse():
        db.session.execute(sa.update(KeptAnswer).values(caller="somebody else"))
        raise services.BadProgram(most=1)

    with pytest.raises(services.BadProgram):
        services.perform(claimed, refuse)
    services.let_go(claimed)

    assert isinstance(services.claim(**{**ASKED, "content": "other"}, now=noon), Claim)


def test_a_key_that_has_acted_is_never_freed(app, noon):
    claimed = services.claim(**ASKED, now=noon)
    services.perform(claimed, lambda: None)
    services.let_go(claimed)
    assert services.claim(**ASKED, now=noon + WORK_LASTS).is_done


def test_answers_are_forgotten_after_a_day(app, noon):
    answered(noon)
    assert services.forget_answers(now=noon + ANSWERS_KEPT - SECOND) == 0
    assert services.forget_answers(now=noon + ANSWERS_KEPT) == 1
    assert services.forget_answers(now=noon + ANSWERS_KEPT) == 0


def test_of_many_at_once_with_one_key_one_acts(app, noon):
    done, refused = [], []

    def ask():
        with app.app_context():
            try:
                claimed = services.claim(**ASKED, now=noon)
                services.perform(claimed, lambda: done.append(1))
            except services.KeyInUse:
                refused.append(1)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(done), len(refused)) == (1, 7)


def test_every_state_of_an_answer_is_reached_and_only_the_last_leads_nowhere():
    reached = {state for moves in ANSWER_MOVES.values() for state in moves}
    assert reached == set(AnswerState)
    assert [state for state, moves in ANSWER_MOVES.items() if not moves] == [AnswerState.ANSWERED]
