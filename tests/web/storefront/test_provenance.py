from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.catalog import services as catalog
from shop.catalog.services import ProductFacts
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.production import checks
from shop.production import queries as making_known
from shop.production.rules import Verdict, plain_code, said_code
from shop.stations import services as stations
from shop.stations.rules import ConsentPurpose
from shop.workflows import making
from tests.builders.production import a_hand_in, a_rate, a_work_order
from tests.builders.stations import a_member


@pytest.fixture
def passed(market, in_app):
    """Eleven pairs of the market's sandals that passed, and one of second grade."""

    def make():
        a_rate(product_id=market.sandals.product_id)
        work = a_work_order(
            now=market.now,
            craft=market.sandals,
            member_id=market.maker_id,
            quantity=12,
        )
        hand_in = a_hand_in(now=market.now, work_order_id=work, pieces=12)
        making.accept_hand_in(
            hand_in_id=hand_in,
            verdict=Verdict(passed=11, second_grade=1, reason="鞋底短 4 毫米"),
            actor=SYSTEM,
            now=market.now,
        )
        return hand_in

    return in_app(make)


def words(response) -> str:
    return response.get_data(as_text=True)


def codes(in_app, hand_in):
    return in_app(making_known.codes_of, hand_in)


def test_a_batch_has_one_code_whose_page_says_whose_hands_and_which_day(visitor, in_app, passed):
    (code,) = codes(in_app, passed)
    assert code.pieces == 11

    text = words(visitor.open(f"/p/{code.code}", most=12))

    for said in ("王秀兰", "2026年7月20日", "灯梁编织坊", "苎麻", said_code(code.code), "11 件"):
        assert said in text
    assert "noindex" in text
    english = words(visitor.open(f"/p/{code.code}?lang=en"))
    assert "Wang Xiulan" in english
    assert "20 July 2026" in english


def test_a_withdrawn_name_leaves_old_labels_at_once(market, visitor, in_app, passed):
    (code,) = codes(in_app, passed)
    assert "王秀兰" in words(visitor.open(f"/p/{code.code}"))
    in_app(
        stations.withdraw_consent,
        member_id=market.maker_id,
        purpose=ConsentPurpose.NAME,
        actor=SYSTEM,
        now=market.now,
    )

    text = words(visitor.open(f"/p/{code.code}"))

    assert "王秀兰" not in text
    assert "由我们工坊制作" in text


def test_pieces_of_which_no_two_are_alike_have_a_code_each(market, in_app):
    def make():
        a_rate(product_id=market.coasters.product_id)
        catalog.set_facts(
            product_id=market.coasters.product_id,
            facts=ProductFacts(is_one_of_a_kind=True),
            actor=SYSTEM,
            now=market.now,
        )
        work = a_work_order(
            now=market.now,
            craft=market.coasters,
            member_id=a_member(workshop_id=market.coasters.workshop_id),
            quantity=2,
        )
        hand_in = a_hand_in(now=market.now, work_order_id=work, pieces=2)
        making.accept_hand_in(
            hand_in_id=hand_in, verdict=Verdict(passed=2), actor=SYSTEM, now=market.now
        )
        return hand_in

    found = codes(in_app, in_app(make))
    assert [(one.serial, one.pieces) for one in found] == [(1, 1), (2, 1)]
    assert found[0].code != found[1].code


def test_a_code_is_found_as_people_say_and_type_it(visitor, in_app, passed):
    (code,) = codes(in_app, passed)

    for typed in (said_code(code.code), code.code.lower(), f" {code.code[:4]} {code.code[4:]} "):
        answer = visitor.open(f"/p?code={typed}", status=303)
        assert answer.location == f"/p/{code.code}"
    assert visitor.open(f"/p/{said_code(code.code)}", status=301).location == f"/p/{code.code}"
    visitor.open("/p")


@pytest.mark.parametrize(
    "typed", ["AAAAAAAA", "7K3M-9XQ", "灯梁灯梁灯梁灯梁", "O0O0O0O0", "%F0%9F%98%80"]
)
def test_an_unknown_code_is_asked_again(visitor, typed):
    text = words(visitor.open(f"/p/{typed}", status=404))

    assert 'name="code"' in text


def test_full_width_letters_are_read_and_look_alikes_are_none():
    assert plain_code("７Ｋ３Ｍ－９ＸＱ２") == "7K3M9XQ2"
    assert plain_code("7K3M9XQO") == ""
    assert plain_code("7k3m 9xq2\u202e") == "7K3M9XQ2"


def test_the_proof_misses_a_label(in_app, passed):
    def run():
        (check,) = [one for one in checks.CHECKS if one.code == "W4"]
        before = list(check.run())
        db.session.rollback()
        db.session.execute(sa.text("DELETE FROM piece_codes"))
        after = list(check.run())
        db.session.rollback()
        return before, after

    before, after = in_app(run)
    assert before == []
    assert len(after) == 1
