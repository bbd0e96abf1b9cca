from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel import events, links
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason
from shop.workflows import delivering, refunding, reviewing
from tests.builders.accounts import a_social_worker, an_actor
from tests.builders.orders import a_bank, a_paid_order
from tests.builders.reviews import DAY, a_question, a_review, a_token, an_arrived_order
from tests.builders.stations import a_town

pytestmark = pytest.mark.usefixtures("app", "bank")


@pytest.fixture
def bank():
    with a_bank() as opened:
        yield opened


def told(now, kind: str) -> list[tuple[str, str]]:
    """Return (to whom, what) of the messages whose key begins so, all deliveries made twice."""
    for _ in range(2):
        while events.deliver_due(now=now):
            pass
    db.session.rollback()
    rows = db.session.execute(
        sa.text(
            "SELECT COALESCE(a.address, '') AS recipient, m.short AS text FROM messages m "
            "JOIN sendings s ON s.message_id = m.id "
            "LEFT JOIN sending_addresses a ON a.sending_id = s.id "
            "WHERE m.key LIKE :key ORDER BY m.id"
        ),
        {"key": f"{kind}:%"},
    )
    return [(row.recipient, row.text) for row in rows]


def test_a_week_after_it_came_the_buyer_is_asked_once_by_a_signed_address(noon):
    number = an_arrived_order(now=noon)
    assert told(noon, "how") == []
    delivering.complete_due(now=noon + 7 * DAY)

    ((to, text),) = told(noon + 7 * DAY, "how")

    assert to == "138 0000 1111"
    assert text.endswith(links.absolute(f"/review/{a_token(number)}"))
    assert number in text


def test_who_has_spoken_or_got_nothing_is_not_asked(noon):
    a_review(now=noon, number=an_arrived_order(now=noon))
    cancelled = a_paid_order(now=noon)
    refunding.cancel_by_buyer(order_id=cancelled.order_id, key="cancel", now=noon)
    delivering.complete_due(now=noon + 7 * DAY)

    assert told(noon + 7 * DAY, "how") == []


def test_the_buyer_hears_of_the_first_answer(noon):
    number = an_arrived_order(now=noon)
    name = a_review(now=noon, number=number)
    for text in ("谢谢", "谢谢您"):
        reviews.answer_review(public_id=name, text=text, actor=SYSTEM, now=noon)

    ((_, text),) = told(noon, "review-answered")
    assert a_token(number) in text


def test_the_buyer_hears_why_her_words_are_hidden_and_what_the_town_says(noon):
    number = an_arrived_order(now=noon)
    name = a_review(now=noon, number=number, stars=1)
    hiding = reviews.propose_hiding(
        public_id=name, reason=HidingReason.SPAM, note="广告", actor=a_social_worker(), now=noon
    )
    assert told(noon, "hidden") == []
    reviews.confirm_hiding(public_id=hiding, actor=a_social_worker(), now=noon)
    ((to, text),) = told(noon, "hidden")
    assert to == "138 0000 1111"
    assert "是广告" in text
    assert a_token(number) in text
    reviewing.object_to_hiding(token=a_token(number), position=1, text="不是广告", now=noon)
    reviews.decide_objection(
        public_id=hiding,
        is_upheld=True,
        text="留了网店的名字",
        actor=an_actor(Role.TOWN_SUPERVISOR, at=a_town()),
        now=noon,
    )

    ((_, text),) = told(noon, "hiding-ended")
    assert "继续隐藏" in text
    assert "留了网店的名字" in text


def test_an_asker_is_told_once_and_her_number_is_forgotten_everywhere(noon):
    with_contact = a_question(now=noon, contact="liu@example.com")
    without = a_question(now=noon)
    for name in (with_contact, without):
        for text in ("能", "能的"):
            reviews.answer_question(public_id=name, text=text, actor=SYSTEM, now=noon)

    ((to, text),) = told(noon, "question-answered")
    assert to == "liu@example.com"
    assert "/questions" in text

    reviewing.forget_askers(now=noon + 30 * DAY)

    ((to, _),) = told(noon + 30 * DAY, "question-answered")
    assert to == ""
    everything = [
        str(row)
        for table in db.metadata.sorted_tables
        for row in db.session.execute(sa.select(table))
    ]
    assert not [row for row in everything if "liu@example.com" in row]
