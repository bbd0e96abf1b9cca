from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
import sqlalchemy as sa

from shop.catalog import queries as catalog
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.orders.models import Order
from shop.orders.rules import lookup_code
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason
from shop.workflows import picturing
from tests.builders.accounts import a_social_worker
from tests.builders.media import a_picture, a_zip
from tests.builders.orders import MS_LIU
from tests.builders.reviews import a_question, a_review, a_token, an_arrived_order, own_review

SCRIPT = "<script>alert(1)</script>"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def bought(market, in_app):
    """A pair of sandals that came at noon: where to speak of it, and where it is shown."""
    liu = replace(MS_LIU, phone="13800001111")
    number = in_app(an_arrived_order, now=market.now, goods={market.sandals: 1}, contact=liu)
    slug = in_app(catalog.covers, [market.sandals.product_id])[market.sandals.product_id].slug
    return f"/review/{in_app(a_token, number)}", f"/goods/{slug}", number


SAID = {"stars": "5", "text": "很软", "shown_as": "masked", "nick": ""}


def test_from_the_followed_order_to_a_published_review(visitor, market, in_app, bought):
    mine, goods, number = bought
    code = in_app(_code_of, number)
    proved = visitor.send(
        "/orders", {"phone": "13800001111", "code": code, "number": number}, status=303
    )
    page = words(visitor.open(proved.headers["Location"]))
    assert f'href="{mine}"' in page
    assert "Nobody has said yet" in words(visitor.open(f"{goods}?lang=en"))

    visitor.open(f"{mine}/1", most=10)
    answer = visitor.send(f"{mine}/1", SAID, status=303)

    assert answer.headers["Location"] == f"{mine}#line-1"
    assert "很软" in words(visitor.open(mine, most=10))
    shown = words(visitor.open(goods))
    assert "很软" in shown
    assert "刘**" in shown
    assert "刘女士" not in shown
    for path in (f"{goods}/reviews", f"{goods}/reviews?sort=lowest", f"{goods}/reviews?sort=x"):
        assert "很软" in words(visitor.open(path, most=4))


def _code_of(number: str) -> str:
    return lookup_code(db.session.scalars(sa.select(Order.key).where(Order.number == number)).one())


WRONG = (
    ({"stars": ""}, "很软"),
    ({"stars": "6"}, "很软"),
    ({"stars": "五"}, "很软"),
    ({"text": "好" * 1001}, "好好好"),
    ({"shown_as": "whoever"}, "很软"),
    ({"shown_as": "nick"}, "很软"),
    ({"shown_as": "nick", "nick": "灯梁客服"}, "灯梁客服"),
    ({"shown_as": "nick", "nick": "13800001111"}, "很软"),
)


def test_a_wrong_review_comes_back_with_its_words(visitor, in_app, bought):
    mine, _, number = bought
    for wrong, kept in WRONG:
        page = words(visitor.send(f"{mine}/1", SAID | wrong, status=422))
        assert kept in page, wrong
        assert 'role="alert"' in page, wrong
    with pytest.raises(AssertionError):
        in_app(own_review, number)


def test_a_forged_address_and_another_line_are_not_there(visitor, bought, in_app, market):
    mine, _, number = bought
    for path in (f"{mine}x", "/review/x", "/review/x/1", f"{mine}/2", f"{mine}/0", f"{mine}x/1"):
        visitor.open(path, status=404)
    for path in (f"{mine}x/1", f"{mine}/2", f"{mine}/2/thanks", f"{mine}x/1/objection"):
        visitor.send(path, {**SAID, "phrase": "warm"}, via=f"{mine}/1", status=404)
    with pytest.raises(AssertionError):
        in_app(own_review, number)


def test_the_signed_page_shows_nothing_of_the_buyer_but_the_masked_name(visitor, bought):
    mine, _, _ = bought
    both = words(visitor.open(mine)) + words(visitor.open(f"{mine}/1"))
    for secret in ("138", "民生路", "女士", "渝中区"):
        assert secret not in both
    assert both.count('name="robots" content="noindex"') == 2


def test_a_review_is_changed_once_and_the_form_then_closes(visitor, in_app, bought, market):
    mine, goods, number = bought
    visitor.send(f"{mine}/1", SAID, status=303)
    form = words(visitor.open(f"{mine}/1?lang=en"))
    assert "You can change it once" in form
    assert ">很软</textarea>" in form
    assert re.search(r'value="5" checked', form)

    visitor.send(f"{mine}/1", SAID | {"stars": "4", "text": "很软，颜色浅一点"}, status=303)

    visitor.open(f"{mine}/1", status=303)
    assert "changed on 20 July" in words(visitor.open(f"{goods}?lang=en"))
    token = visitor.token(f"{mine}")
    again = visitor.client.post(f"{mine}/1", data={"csrf_token": token, **SAID, "text": "又改"})
    assert again.status_code == 409
    assert in_app(own_review, number).text == "很软，颜色浅一点"


def test_scripts_contact_data_and_signs_of_all_kinds_are_shown_as_text(visitor, bought):
    mine, goods, _ = bought
    visitor.send(f"{mine}/1", SAID | {"text": f"{SCRIPT} 138 0000 1111 \u202e𠮷😀"}, status=303)
    for path in (goods, f"{goods}/reviews", mine):
        page = words(visitor.open(path))
        assert SCRIPT not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; *** 𠮷😀" in page


def test_a_hidden_review_keeps_its_place_its_stars_and_its_reason(visitor, in_app, bought, market):
    mine, goods, number = bought
    name = in_app(a_review, now=market.now, number=number, stars=1, text="他住在三社")

    def hide():
        how = {"now": market.now}
        hiding = reviews.propose_hiding(
            public_id=name, reason=HidingReason.PERSONAL_DATA, note="住址",
            actor=a_social_worker(), **how,
        )  # fmt: skip
        reviews.confirm_hiding(public_id=hiding, actor=a_social_worker(), **how)

    in_app(hide)
    for path in (f"{goods}?lang=en", f"{goods}/reviews?lang=en"):
        page = words(visitor.open(path))
        assert "Hidden because it tells personal data of somebody" in page
        assert "他住在三社" not in page
    own = words(visitor.open(f"{mine}?lang=en"))
    assert "他住在三社" in own
    assert "Object to the town" in own

    visitor.send(f"{mine}/1/objection", {"text": ""}, via=mine, status=422)
    visitor.send(f"{mine}/1/objection", {"text": "没写门牌"}, via=mine, status=303)

    assert "The town answers by 27 July" in words(visitor.open(f"{mine}?lang=en"))


def test_a_card_goes_to_the_maker(visitor, bought):
    mine, _, _ = bought
    visitor.send(f"{mine}/1/thanks", {"words": ""}, via=mine, status=422)
    visitor.send(f"{mine}/1/thanks", {"phrase": "own", "words": ""}, via=mine, status=422)
    visitor.send(f"{mine}/1/thanks", {"phrase": "own", "words": "字" * 61}, via=mine, status=422)
    visitor.send(f"{mine}/1/thanks", {"phrase": "own", "words": "大姐手巧"}, via=mine, status=303)

    page = words(visitor.open(f"{mine}?lang=en"))
    assert "大姐手巧" in page
    assert "The station reads it first" in page


def test_a_question_is_asked_and_public_with_its_answer(visitor, in_app, bought, market):
    _, goods, _ = bought
    ask = f"{goods}/questions"
    visitor.open(ask, most=4)
    said = {"text": "脚背高能穿吗？微信 liuxq88", "contact": " +86 138 0000 1111 "}
    visitor.send(ask, said | {"text": " "}, status=422)
    visitor.send(ask, said | {"contact": "liu@"}, status=422)
    visitor.send(ask, said | {"contact": "110"}, status=422)
    asked = visitor.send(ask, said, status=303)
    page = words(visitor.open(f"{asked.headers['Location']}&lang=en"))
    assert "Your question is with the workshop" in page
    assert "脚背高" not in page

    def answer():
        row = db.session.execute(sa.text("SELECT public_id, contact FROM questions")).one()
        reviews.answer_question(
            public_id=row.public_id, text="能，带子可以放", actor=SYSTEM, now=market.now
        )
        return row.contact

    assert in_app(answer) == "13800001111"
    for path in (goods, ask):
        page = words(visitor.open(path))
        assert "脚背高能穿吗？微信 ***" in page
        assert "能，带子可以放" in page
        assert "13800001111" not in page


def test_of_a_product_that_is_not_on_sale_nothing_is_read_or_asked(visitor, bought):
    for path in ("/goods/none/reviews", "/goods/none/questions"):
        visitor.open(path, status=404)
    visitor.send("/goods/none/questions", {"text": "?"}, via=f"{bought[1]}/questions", status=404)


def test_any_page_and_order_of_reviews_is_answered(visitor, bought, in_app, market):
    _, goods, _ = bought
    in_app(a_review, now=market.now, goods=market.sandals)
    for query in ("sort=lowest&after=1-1", "sort=pictures", "sort=%00", "after=1", "sort=NEWEST"):
        visitor.open(f"{goods}/reviews?{query}", status=404 if "%00" in query else 200)
    for query in ("after=x", "after=-1", "sort=lowest&after=1", f"after={10**30}"):
        visitor.open(f"{goods}/reviews?{query}", status=404)
        if "sort" not in query:
            visitor.open(f"{goods}/questions?{query}", status=404)


def test_an_open_question_is_nowhere_for_the_public(visitor, in_app, bought, market):
    in_app(a_question, now=market.now, goods=market.sandals, text="独一无二的问题")
    for path in (bought[1], f"{bought[1]}/questions", bought[0]):
        assert "独一无二的问题" not in words(visitor.open(path))


def test_pictures_come_with_a_form_or_one_by_one_and_can_be_taken_off(
    visitor, in_app, bought, market
):
    mine, goods, number = bought
    visitor.open(f"{mine}/1/pictures", status=404)
    in_app(a_review, now=market.now, number=number)
    where = f"{mine}/1/pictures"
    assert "Add pictures" in words(visitor.open(f"{mine}?lang=en"))
    visitor.send(where, {}, status=422)

    def file(red):
        return (BytesIO(a_picture(color=(red, 90, 40))), f"IMG_{red}.jpg")

    visitor.send(where, {"files": [file(10), file(90)]}, status=303)
    bad = visitor.send(where, {"files": [(BytesIO(a_zip()), "evil.jpg")]}, status=415)
    assert "evil.jpg" in words(bad)
    alone = visitor.client.post(
        where,
        data={"files": [file(170)]},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )
    assert (alone.status_code, alone.json) == (200, {"refused": []})

    def develop():
        while picturing.make_next(now=market.now):
            pass

    in_app(develop)
    page = words(visitor.open(f"{where}?lang=en"))
    assert page.count("Everybody sees it") == 3
    for path in (goods, f"{goods}/reviews?sort=pictures"):
        assert words(visitor.open(path)).count("/media/") > 3
    one = page.partition('<article class="stack-s" id="')[2].partition('"')[0]
    visitor.send(f"{where}/{one}/off", via=where, status=303)
    visitor.send(f"{where}/{one}/off", via=where, status=404)
    assert words(visitor.open(f"{where}?lang=en")).count("Everybody sees it") == 2


def test_a_list_shows_the_average_once_three_buyers_have_spoken(visitor, in_app, bought, market):
    for stars in (5, 5, 4):
        assert "4.7 · 3 buyers" not in words(visitor.open("/goods?lang=en"))
        in_app(a_review, now=market.now, goods=market.sandals, stars=stars)
    assert "4.7 · 3 buyers" in words(visitor.open("/goods?lang=en"))


def test_a_question_sent_twice_waits_once(visitor, in_app, bought):
    ask = f"{bought[1]}/questions"
    for _ in "ab":
        visitor.send(ask, {"text": "有 43 码吗？"}, status=303)
    count = sa.text("SELECT COUNT(*) FROM questions")
    assert in_app(lambda: db.session.scalar(count)) == 1
