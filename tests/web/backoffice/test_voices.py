from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM, Permission, Scope
from shop.reviews import desk, window
from shop.reviews.rules import HidingReason, Phrase
from shop.workflows import reviewing
from tests.builders.orders import a_bank, some_goods
from tests.builders.reviews import a_question, a_review, a_token, an_arrived_order, own_review
from tests.builders.stations import a_member

VOICES = "/desk/voices"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def heard(fresh_app, in_app, noon, bank):
    """One product with an unhappy buyer's review and a question that waits."""

    class Heard:
        goods = in_app(some_goods)
        number = in_app(an_arrived_order, now=noon, goods={goods: 1})
        review = in_app(a_review, now=noon, number=number, stars=2, text="绳头没收干净")
        question = in_app(a_question, now=noon, goods=goods, contact="13800001111")

        def public(self):
            return in_app(window.voices, self.goods.product_id)

    return Heard()


@pytest.fixture
def bank():
    with a_bank() as opened:
        yield opened


def test_what_waits_stands_on_todays_page_and_leaves_it_when_done(worker, heard, clock, noon):
    zhou_min = worker()
    page = words(zhou_min.open("/desk?lang=en"))
    assert "Buyers who are not happy" in page
    assert "Questions before buying" in page
    assert "todo-danger" in page
    clock.now = noon + timedelta(days=3)
    assert words(worker().open("/desk?lang=en")).count("todo-danger") == 2

    zhou_min = worker()
    zhou_min.send(
        f"{VOICES}/reviews/{heard.review}/follow-up",
        {"outcome": "换一双"},
        via=f"{VOICES}/reviews/{heard.review}",
    )
    zhou_min.send(f"{VOICES}/questions/{heard.question}", {"text": "能"}, via=VOICES)

    page = words(zhou_min.open("/desk?lang=en"))
    assert "Buyers who are not happy" not in page
    assert "Questions before buying" not in page


def test_a_question_is_answered_with_a_ready_sentence_in_the_askers_language(worker, heard):
    zhou_min = worker()
    page = words(zhou_min.open(f"{VOICES}?lang=en"))
    assert "脚背高能穿吗？" in page
    assert "13800001111" not in page
    zhou_min.send(f"{VOICES}/questions/{heard.question}", {"text": " "}, via=VOICES, status=422)
    zhou_min.send(
        f"{VOICES}/questions/{heard.question}", {"phrase": "care", "text": "不要烘"}, via=VOICES
    )

    (answered,) = heard.public().questions
    assert answered.answer == "冷水手洗，用毛巾压干水，平铺阴干。\n不要烘"
    assert "不要烘" in words(zhou_min.open(f"{VOICES}?state=answered"))

    zhou_min.send(
        f"{VOICES}/questions/{heard.question}",
        {"text": "改过的回答"},
        via=f"{VOICES}?state=answered",
    )
    assert heard.public().questions[0].answer == "改过的回答"


def test_a_question_is_set_aside(worker, heard):
    worker().send(f"{VOICES}/questions/{heard.question}/aside", via=VOICES)
    assert heard.public().questions == ()
    assert "脚背高能穿吗？" in words(worker().open(f"{VOICES}?state=set_aside"))


def test_a_review_is_answered_and_the_answer_changed(worker, heard):
    mine = f"{VOICES}/reviews/{heard.review}"
    zhou_min = worker()
    zhou_min.open(mine, most=25)
    zhou_min.send(f"{mine}/answer", {"text": ""}, via=mine, status=422)
    zhou_min.send(f"{mine}/answer", {"phrase": "sorry"}, via=mine)
    assert heard.public().reviews[0].answer == "对不起。我们已经打过电话，会帮您解决。"

    zhou_min.send(f"{mine}/answer", {"text": "换的一双寄出了"}, via=mine)

    assert heard.public().reviews[0].answer == "换的一双寄出了"
    page = words(zhou_min.open(f"{mine}?lang=en"))
    assert "Earlier answers" in page
    assert "对不起。我们已经打过电话" in page


def test_hiding_takes_two_people_one_reason_and_leaves_the_stars(worker, heard, in_app):
    mine = f"{VOICES}/reviews/{heard.review}"
    first, second = worker(), worker(name="何青")
    first.send(f"{mine}/hiding", {"reason": "dislike", "note": "x"}, via=mine, status=422)
    first.send(f"{mine}/hiding", {"reason": "abuse", "note": ""}, via=mine, status=422)
    first.send(f"{mine}/hiding", {"reason": "abuse", "note": "骂人"}, via=mine)
    assert "A second person decides" in words(first.open(f"{mine}?lang=en"))
    assert "Reviews somebody wants to hide" not in words(first.open("/desk?lang=en"))
    assert "Reviews somebody wants to hide" in words(second.open("/desk?lang=en"))
    (hiding,) = in_app(lambda: desk.hidings_of(_id_of(heard)))
    decide = f"{VOICES}/hidings/{hiding.public_id}"
    first.send(f"{decide}/confirm", via=mine, status=409)
    assert heard.public().reviews[0].text == "绳头没收干净"

    second.send(f"{decide}/confirm", via=mine)

    shown = heard.public()
    assert (shown.reviews[0].text, shown.reviews[0].stars) == ("", 2)
    assert shown.reviews[0].hidden_reason is HidingReason.ABUSE
    assert (shown.summary.count, shown.summary.hidden) == (1, 1)
    second.send(f"{decide}/show-again", via=mine)
    assert heard.public().reviews[0].text == "绳头没收干净"


def _id_of(heard) -> int:
    return desk.review(heard.review, Scope(("/",))).review_id


def test_the_lead_answers_and_finds_no_way_to_hide(worker, heard):
    mine = f"{VOICES}/reviews/{heard.review}"
    lead = worker(Role.WORKSHOP_LEAD)
    page = words(lead.open(f"{mine}?lang=en"))
    assert "Hide the words" not in page
    lead.open(f"{VOICES}/cards", status=403)
    lead.send(f"{mine}/hiding", {"reason": "abuse", "note": "x"}, via=mine, status=403)
    lead.send(f"{mine}/answer", {"text": "谢谢"}, via=mine)
    assert heard.public().reviews[0].answer == "谢谢"


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.CASHIER, Role.BOOKKEEPER])
def test_who_has_no_word_with_buyers_reads_none_of_it(worker, heard, role):
    visitor = worker(role)
    for path in (VOICES, f"{VOICES}/reviews", f"{VOICES}/reviews/{heard.review}"):
        visitor.open(path, status=403)


def test_shelves_and_pages_of_any_kind_are_answered(worker, heard):
    zhou_min = worker()
    for shelf in ("all", "unhappy", "unanswered", "proposed", "hidden", "x"):
        page = words(zhou_min.open(f"{VOICES}/reviews?shelf={shelf}"))
        assert (heard.review in page) is (shelf not in {"proposed", "hidden"}), shelf
    for path in (f"{VOICES}?after=x", f"{VOICES}/reviews?after=-", f"{VOICES}/cards?after=é"):
        zhou_min.open(path, status=404)
    zhou_min.open(f"{VOICES}?state=none")


def test_cards_are_read_first_let_through_and_read_out(worker, in_app, noon, bank):
    def build():
        named = a_member(phone="13983720001")
        mute = a_member(name="陈明珍", phone=None)
        for maker, phrase, text in (
            (named, None, "大姐手巧"),
            (named, None, "不好听的话"),
            (mute, Phrase.WARM, ""),
        ):
            number = an_arrived_order(now=noon, goods={some_goods(maker_id=maker): 1})
            reviewing.thank_maker(
                token=a_token(number), position=1, phrase=phrase, text=text,
                locale="zh_Hans", now=noon,
            )  # fmt: skip
        scope = SYSTEM.scope(Permission.MODERATE_REVIEWS)
        return [one.public_id for one in desk.cards_waiting(scope).items]

    good, bad = in_app(build)
    zhou_min = worker()
    page = words(zhou_min.open(f"{VOICES}/cards"))
    assert "大姐手巧" in page
    assert "陈明珍" in page
    assert "谢谢您的手艺" in page
    zhou_min.send(f"{VOICES}/cards/{good}/show", via=f"{VOICES}/cards")
    zhou_min.send(f"{VOICES}/cards/{bad}/keep", via=f"{VOICES}/cards")
    zhou_min.send(f"{VOICES}/cards/{bad}/show", via=f"{VOICES}/cards", status=409)
    page = words(zhou_min.open(f"{VOICES}/cards"))
    assert "不好听的话" not in page


def test_a_changed_review_shows_staff_what_stood_first(worker, heard, in_app, noon):
    in_app(a_review, now=noon, number=heard.number, stars=4, text="换了就好了")
    page = words(worker().open(f"{VOICES}/reviews/{heard.review}?lang=en"))
    assert "What she wrote first" in page
    assert "绳头没收干净" in page
    assert in_app(own_review, heard.number).stars == 4
