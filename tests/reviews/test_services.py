from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM, Permission
from shop.kernel.db import db, transaction
from shop.kernel.errors import Conflict, Forbidden, NotFound, OutOfReach
from shop.kernel.paging import Page
from shop.reviews import checks, desk, queries, window
from shop.reviews import services as reviews
from shop.reviews.desk import Shelf
from shop.reviews.rules import (
    HidingReason,
    HidingState,
    Phrase,
    QuestionState,
    ShownAs,
    ThanksState,
)
from shop.reviews.services import (
    AlreadyThanked,
    CardDecided,
    HidingNotOpen,
    HidingUnderWay,
    NickTaken,
    NoMaker,
    QuestionNotOpen,
    TwoPeople,
    WordsMissing,
    WordsTooLong,
)
from shop.reviews.window import Sort
from shop.workflows import reviewing
from tests.builders.accounts import a_social_worker, an_actor
from tests.builders.orders import Goods, some_goods
from tests.builders.reviews import (
    DAY,
    a_question,
    a_review,
    a_token,
    an_arrived_order,
    own_review,
)
from tests.builders.stations import CIZHU, a_member, a_room, a_town, a_workshop
from tests.counting import counted

pytestmark = pytest.mark.usefixtures("app", "bank")


def findings() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(f.code, f.subject) for check in checks.CHECKS for f in check.run()]


def found_after(fault: str) -> list[str]:
    """Return the codes of what the checks find once somebody has been at the database."""
    db.session.rollback()
    db.session.execute(sa.text(fault))
    found = {finding.code for check in checks.CHECKS for finding in check.run()}
    db.session.rollback()
    return sorted(found)


def the_review(goods: Goods):
    db.session.rollback()
    return window.reviews(goods.product_id).items[0]


@pytest.fixture
def hidden(noon):
    """A review that two people have hidden, its hiding, and where it stands."""
    goods = some_goods()
    number = an_arrived_order(now=noon, goods={goods: 1})
    name = a_review(now=noon, number=number, stars=1, text="王大姐住三社，电话我知道")
    first, second = a_social_worker(), a_social_worker()
    hiding = reviews.propose_hiding(
        public_id=name, reason=HidingReason.PERSONAL_DATA, note="写了住址", actor=first, now=noon
    )
    reviews.confirm_hiding(public_id=hiding, actor=second, now=noon + DAY)
    return goods, number, hiding


def test_contact_data_is_masked_before_anything_is_kept(noon):
    goods = some_goods()
    a_review(now=noon, goods=goods, text="要的加微信 liuxq88 或打一三八零零零零一一一一")

    assert the_review(goods).text == "要的加微信 *** 或打***"
    assert "liuxq88" not in str(db.session.execute(sa.text("SELECT * FROM reviews")).all())


def test_a_buyer_is_named_as_she_chose(noon):
    goods = some_goods()
    for shown_as, nick, shown in (
        (ShownAs.MASKED, "", "刘**"),
        (ShownAs.NICK, "  山里的  风 ", "山里的 风"),
        (ShownAs.ANONYMOUS, "不用的名字", ""),
    ):
        a_review(now=noon, goods=goods, shown_as=shown_as, nick=nick)
        assert the_review(goods).shown_name == shown


def test_a_name_that_reaches_or_pretends_is_refused_and_nothing_is_written(noon):
    goods = some_goods()
    number = an_arrived_order(now=noon, goods={goods: 1})
    for nick in ("", "  ", "灯梁客服", "13800001111", "x" * 21, "\u202e"):
        with pytest.raises(NickTaken):
            a_review(now=noon, number=number, shown_as=ShownAs.NICK, nick=nick)

    assert window.summary(goods.product_id).count == 0


def test_too_many_words_are_refused_and_none_are_fine(noon):
    number = an_arrived_order(now=noon)
    with pytest.raises(WordsTooLong):
        a_review(now=noon, number=number, text="好" * 1001)
    a_review(now=noon, number=number, text="")
    assert own_review(number).text == ""


def test_two_people_and_a_reason_hide_the_words_and_leave_place_and_stars(noon, hidden):
    goods, number, _ = hidden
    shown, said = the_review(goods), window.summary(goods.product_id)

    assert (shown.stars, shown.hidden_reason) == (1, HidingReason.PERSONAL_DATA)
    assert (shown.text, shown.shown_name, shown.answer) == ("", "", None)
    assert window.voices(goods.product_id).reviews == (shown,)
    assert (said.count, said.hidden) == (1, 1)
    assert own_review(number).text == "王大姐住三社，电话我知道"
    assert findings() == []


def test_a_proposal_alone_hides_nothing_and_its_author_does_not_decide(noon):
    goods = some_goods()
    name = a_review(now=noon, goods=goods)
    first = a_social_worker()
    hiding = reviews.propose_hiding(
        public_id=name, reason=HidingReason.SPAM, note="广告", actor=first, now=noon
    )
    with pytest.raises(TwoPeople):
        reviews.confirm_hiding(public_id=hiding, actor=first, now=noon)
    with pytest.raises(HidingUnderWay):
        reviews.propose_hiding(
            public_id=name, reason=HidingReason.ABUSE, note="x", actor=a_social_worker(), now=noon
        )
    assert the_review(goods).text == "很合脚"

    reviews.drop_hiding(public_id=hiding, actor=a_social_worker(), now=noon)
    with pytest.raises(HidingNotOpen):
        reviews.confirm_hiding(public_id=hiding, actor=a_social_worker(), now=noon)
    assert the_review(goods).hidden_reason is None
    assert findings() == []


def test_a_mistaken_hiding_is_taken_back_by_one(noon, hidden):
    goods, number, hiding = hidden
    reviews.show_again(public_id=hiding, actor=a_social_worker(), now=noon + DAY)

    assert the_review(goods).text == "王大姐住三社，电话我知道"
    assert window.summary(goods.product_id).hidden == 0
    with pytest.raises(HidingNotOpen):
        reviewing.object_to_hiding(token=a_token(number), position=1, text="?", now=noon + DAY)
    assert findings() == []


@pytest.mark.parametrize("is_upheld", [True, False])
def test_the_town_answers_an_objection_within_seven_days(noon, hidden, is_upheld):
    goods, number, hiding = hidden
    due = reviewing.object_to_hiding(
        token=a_token(number), position=1, text="我没写门牌", now=noon + 2 * DAY
    )
    assert due == noon + 9 * DAY
    assert due == reviewing.object_to_hiding(
        token=a_token(number), position=1, text="我没写门牌", now=noon + 3 * DAY
    )
    town = an_actor(Role.TOWN_SUPERVISOR, at=a_town())
    scope = town.scope(Permission.DECIDE_OBJECTIONS)
    (waiting,) = desk.objections(scope)
    assert (waiting.hiding.public_id, waiting.hiding.objection) == (hiding, "我没写门牌")
    with pytest.raises(Forbidden):
        reviews.decide_objection(
            public_id=hiding, is_upheld=False, text="x", actor=a_social_worker(), now=noon
        )

    reviews.decide_objection(
        public_id=hiding, is_upheld=is_upheld, text="看过了", actor=town, now=noon + 4 * DAY
    )

    assert (the_review(goods).hidden_reason is None) is not is_upheld
    ended = own_review(number).hiding
    assert ended.state is (HidingState.UPHELD if is_upheld else HidingState.LIFTED)
    assert ended.ending == "看过了"
    assert desk.objections(scope) == []
    with pytest.raises(HidingNotOpen):
        reviewing.object_to_hiding(token=a_token(number), position=1, text="还有", now=noon)
    assert findings() == []


def test_a_hidden_review_cannot_be_changed(noon, hidden):
    _, number, _ = hidden
    with pytest.raises(reviews.CannotChangeNow):
        a_review(now=noon + 2 * DAY, number=number, text="改一改")


def test_an_answer_has_its_history_and_may_name_the_workshop_s_own_number(noon):
    goods = some_goods()
    name = a_review(now=noon, goods=goods)
    worker = a_social_worker()
    how = {"public_id": name, "actor": worker}
    assert reviews.answer_review(text="谢谢，请打 023-59000001", now=noon, **how) == 1
    assert reviews.answer_review(text="谢谢，请打 023-59000001", now=noon, **how) == 1
    assert reviews.answer_review(text="谢谢您，不打 13800001111", now=noon + DAY, **how) == 2

    assert the_review(goods).answer == "谢谢您，不打 ***"
    review_id = desk.review(name, worker.scope(Permission.ANSWER_BUYERS)).review_id
    versions = [(one.version, one.text) for one in desk.answers_of(review_id)]
    assert versions == [(2, "谢谢您，不打 ***"), (1, "谢谢，请打 023-59000001")]
    assert findings() == []


def test_an_unhappy_buyer_is_rung_once_and_her_stars_stay(noon):
    goods = some_goods()
    name = a_review(now=noon, goods=goods, stars=2)
    worker = a_social_worker()
    scope = worker.scope(Permission.ANSWER_BUYERS)
    assert desk.waiting(scope, scope).unhappy == 1

    reviews.close_follow_up(public_id=name, note="换了一双", actor=worker, now=noon)
    with pytest.raises(Conflict):
        reviews.close_follow_up(public_id=name, note="又打了", actor=worker, now=noon)

    assert desk.waiting(scope, scope).unhappy == 0
    assert the_review(goods).stars == 2


def test_a_question_is_public_with_its_answer_and_never_before(noon):
    goods = some_goods()
    name = a_question(now=noon, goods=goods, text="能送到 13800001111 吗")
    assert window.questions(goods.product_id) == Page((), None)
    worker = a_social_worker()
    (waiting,) = desk.questions(worker.scope(Permission.ANSWER_BUYERS)).items
    assert waiting.text == "能送到 *** 吗"

    assert reviews.answer_question(public_id=name, text="能", actor=worker, now=noon) == 1
    assert reviews.answer_question(public_id=name, text="能送", actor=worker, now=noon + DAY) == 2

    (shown,) = window.questions(goods.product_id).items
    assert (shown.answer, shown.answered_at) == ("能送", noon)
    assert window.summary(goods.product_id).questions == 1
    with pytest.raises(QuestionNotOpen):
        reviews.set_question_aside(public_id=name, actor=worker, now=noon)
    assert findings() == []


def test_a_question_set_aside_is_not_shown_and_may_still_be_answered(noon):
    goods = some_goods()
    name = a_question(now=noon, goods=goods)
    worker = a_social_worker()
    reviews.set_question_aside(public_id=name, actor=worker, now=noon)
    assert window.questions(goods.product_id).items == ()
    scope = worker.scope(Permission.ANSWER_BUYERS)
    assert len(desk.questions(scope, state=QuestionState.SET_ASIDE).items) == 1

    reviews.answer_question(public_id=name, text="好", actor=worker, now=noon)
    assert len(window.questions(goods.product_id).items) == 1


def test_an_empty_or_endless_question_is_refused(noon):
    goods = some_goods()
    for text, refusal in ((" ", WordsMissing), ("问" * 301, WordsTooLong)):
        with pytest.raises(refusal):
            a_question(now=noon, goods=goods, text=text)


def contacts() -> set[str | None]:
    db.session.rollback()
    return set(db.session.scalars(sa.text("SELECT contact FROM questions")))


def test_what_an_asker_left_is_gone_30_days_after_the_answer(noon):
    name = a_question(now=noon, contact="13800001111")
    reviews.answer_question(public_id=name, text="能", actor=SYSTEM, now=noon + DAY)

    assert reviewing.forget_askers(now=noon + 30 * DAY) == 0
    assert contacts() == {"13800001111"}
    assert reviewing.forget_askers(now=noon + 31 * DAY) == 1
    assert contacts() == {None}
    assert reviewing.forget_askers(now=noon + 31 * DAY) == 0


def test_what_an_asker_left_is_gone_after_90_days_without_an_answer(noon):
    a_question(now=noon, contact="liu@example.com")
    reviewing.forget_askers(now=noon + 89 * DAY)
    assert contacts() == {"liu@example.com"}
    reviewing.forget_askers(now=noon + 90 * DAY)
    assert contacts() == {None}


def thank(number: str, noon, phrase=None, text="", position=1) -> ThanksState:
    return reviewing.thank_maker(
        token=a_token(number),
        position=position,
        phrase=phrase,
        text=text,
        locale="zh_Hans",
        now=noon,
    )


def test_ready_words_reach_the_maker_at_once_and_own_words_after_the_station_has_read_them(noon):
    maker = a_member()
    goods = some_goods(maker_id=maker)
    first, second = (an_arrived_order(now=noon, goods={goods: 1}) for _ in "ab")
    assert thank(first, noon, Phrase.WARM) is ThanksState.SHOWN
    assert thank(second, noon, text="大姐手真巧，电话 13800001111") is ThanksState.WAITING
    assert [card.phrase for card in queries.cards_to(maker).items] == [Phrase.WARM]
    worker = a_social_worker()
    (card,) = desk.cards_waiting(worker.scope(Permission.MODERATE_REVIEWS)).items
    assert card.text == "大姐手真巧，电话 ***"

    reviews.decide_card(public_id=card.public_id, is_shown=True, actor=worker, now=noon)
    with pytest.raises(CardDecided):
        reviews.decide_card(public_id=card.public_id, is_shown=False, actor=worker, now=noon)

    assert [card.text for card in queries.cards_to(maker).items] == ["大姐手真巧，电话 ***", ""]
    assert thank(first, noon, Phrase.WARM) is ThanksState.SHOWN
    with pytest.raises(AlreadyThanked):
        thank(first, noon, Phrase.FITS)


def test_a_card_kept_back_reaches_nobody(noon):
    maker = a_member()
    number = an_arrived_order(now=noon, goods={some_goods(maker_id=maker): 1})
    thank(number, noon, text="坏话")
    worker = a_social_worker()
    (card,) = desk.cards_waiting(worker.scope(Permission.MODERATE_REVIEWS)).items
    reviews.decide_card(public_id=card.public_id, is_shown=False, actor=worker, now=noon)

    assert queries.cards_to(maker).items == ()


def test_a_card_needs_a_maker_and_words(noon):
    with pytest.raises(NoMaker):
        thank(an_arrived_order(now=noon), noon, Phrase.WARM)
    number = an_arrived_order(now=noon, goods={some_goods(maker_id=a_member()): 1})
    with pytest.raises(WordsMissing):
        thank(number, noon, text="  ")
    with pytest.raises(WordsTooLong):
        thank(number, noon, text="好" * 61)


def test_staff_of_another_village_find_nothing(noon, hidden):
    goods, _, hiding = hidden
    a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹")
    stranger = a_social_worker(at=a_room(CIZHU))
    scope = stranger.scope(Permission.ANSWER_BUYERS)
    name, asked = the_review(goods).public_id, a_question(now=noon, goods=goods)
    how = {"actor": stranger, "now": noon}
    assert desk.reviews(scope).items == ()
    assert desk.questions(scope).items == ()
    assert desk.waiting(scope, scope) == desk.Waiting(0, None, 0, 0, 0)
    for act in (
        lambda: desk.review(name, scope),
        lambda: reviews.answer_review(public_id=name, text="x", **how),
        lambda: reviews.close_follow_up(public_id=name, note="x", **how),
        lambda: reviews.propose_hiding(public_id=name, reason=HidingReason.SPAM, note="x", **how),
        lambda: reviews.confirm_hiding(public_id=hiding, **how),
        lambda: reviews.drop_hiding(public_id=hiding, **how),
        lambda: reviews.show_again(public_id=hiding, **how),
        lambda: reviews.answer_question(public_id=asked, text="x", **how),
        lambda: reviews.set_question_aside(public_id=asked, **how),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(OutOfReach):
        reviews.decide_objection(
            public_id=hiding,
            is_upheld=True,
            text="x",
            actor=an_actor(Role.TOWN_SUPERVISOR, at=a_town("500229107")),
            now=noon,
        )


def test_the_lead_answers_and_hides_nothing(noon):
    name = a_review(now=noon)
    lead = an_actor(Role.WORKSHOP_LEAD)
    reviews.answer_review(public_id=name, text="谢谢", actor=lead, now=noon)
    with pytest.raises(Forbidden):
        reviews.propose_hiding(
            public_id=name, reason=HidingReason.ABUSE, note="x", actor=lead, now=noon
        )


def test_reviews_are_read_newest_or_lowest_first_page_by_page(noon):
    goods = some_goods(pieces=20)
    names = [a_review(now=noon, goods=goods, stars=1 + n % 3) for n in range(7)]
    lowest = [n for s in range(3) for n in reversed(names[s::3])]
    for sort, expected in ((Sort.NEWEST, names[::-1]), (Sort.LOWEST, lowest)):
        read, after = [], None
        for _ in range(4):
            page = window.reviews(goods.product_id, sort=sort, after=after, most=2)
            read += [one.public_id for one in page.items]
            after = page.after
        assert (read, after) == (expected, None)
    assert window.reviews(goods.product_id, sort=Sort.PICTURES).items == ()


def test_a_page_that_is_none_is_not_there():
    for after in ("", "x", "0-5", "9-5", "5", "5-", "-1", "1" * 30, "5-5-5"):
        with pytest.raises(NotFound):
            window.reviews(1, sort=Sort.LOWEST, after=after)


def test_shelves_of_the_desk(noon, hidden):
    goods, _, _ = hidden
    scope = a_social_worker().scope(Permission.ANSWER_BUYERS)
    fine = a_review(now=noon, goods=goods)
    proposed = a_review(now=noon, goods=goods)
    reviews.propose_hiding(
        public_id=proposed,
        reason=HidingReason.SPAM,
        note="x",
        actor=a_social_worker(),
        now=noon,
    )
    reviews.answer_review(public_id=proposed, text="嗯", actor=SYSTEM, now=noon)
    found = {
        shelf: [one.public_id for one in desk.reviews(scope, shelf=shelf).items] for shelf in Shelf
    }
    first = found[Shelf.HIDDEN][0]
    assert found == {
        Shelf.ALL: [proposed, fine, first],
        Shelf.UNHAPPY: [first],
        Shelf.UNANSWERED: [fine],
        Shelf.PROPOSED: [proposed],
        Shelf.HIDDEN: [first],
    }


def test_the_page_of_a_product_asks_once_for_all_it_shows(noon):
    goods = some_goods(pieces=20)
    names = [a_review(now=noon, goods=goods) for _ in range(5)]
    for _ in range(4):
        asked = a_question(now=noon, goods=goods)
        reviews.answer_question(public_id=asked, text="能", actor=SYSTEM, now=noon)
    db.session.rollback()
    statements: list[str] = []
    listen = (db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    sa.event.listen(*listen)
    heard = window.voices(goods.product_id)
    sa.event.remove(*listen)

    assert len([one for one in statements if one != "BEGIN"]) == 1
    assert [one.public_id for one in heard.reviews] == names[:1:-1]
    assert heard.reviews == window.reviews(goods.product_id).items[:3]
    assert heard.questions == window.questions(goods.product_id).items[:3]
    assert heard.summary == window.summary(goods.product_id)
    nothing = window.voices(some_goods().product_id)
    assert nothing == window.Voices(window.NOTHING_SAID, (), ())


def test_the_database_refuses_to_delete_what_was_said(noon, hidden):
    for statement in (
        "DELETE FROM reviews",
        "DELETE FROM answers",
        "UPDATE answers SET text = 'x'",
    ):
        reviews.answer_review(
            public_id=the_review(hidden[0]).public_id, text=statement, actor=SYSTEM, now=noon
        )
        with pytest.raises(sa.exc.DatabaseError):
            db.session.execute(sa.text(statement))
        db.session.rollback()


def test_the_checks_see_whoever_was_at_the_database(noon, hidden):
    goods = hidden[0]
    reviews.answer_review(
        public_id=the_review(goods).public_id, text="谢谢", actor=SYSTEM, now=noon
    )
    asked = a_question(now=noon, goods=goods)
    reviews.answer_question(public_id=asked, text="能", actor=SYSTEM, now=noon)
    assert findings() == []

    for fault, codes in (
        ("UPDATE tallies SET five = five + 1", ["V1"]),
        ("UPDATE products SET rating_sum = rating_sum + 1", ["V1"]),
        ("UPDATE reviews SET stars = 4", ["V1"]),
        ("UPDATE tallies SET hidden = 0", ["V1"]),
        ("UPDATE tallies SET answered = 0", ["V1"]),
        ("UPDATE reviews SET hidden_reason = NULL", ["V1", "V2"]),
        ("UPDATE reviews SET hidden_reason = 'spam'", ["V2"]),
        ("UPDATE hidings SET state = 'dropped'", ["V2"]),
        ("UPDATE reviews SET answer = 'x'", ["V3"]),
        ("UPDATE questions SET answer = 'x'", ["V3"]),
    ):
        assert found_after(fault) == codes, fault


def test_reading_what_was_said_costs_the_same_however_much_was_said(app, noon):
    goods = some_goods(pieces=50)
    product_id = goods.product_id
    reads = {
        "product": lambda: window.voices(product_id),
        "questions": lambda: window.questions(product_id, most=1),
        "more questions": lambda: window.questions(product_id, most=1, after="10"),
        "newest": lambda: window.reviews(product_id, most=1),
        "older": lambda: window.reviews(product_id, most=1, after="10"),
        "lowest": lambda: window.reviews(product_id, sort=Sort.LOWEST, most=1),
        "higher": lambda: window.reviews(product_id, sort=Sort.LOWEST, most=1, after="5-10"),
        "pictures": lambda: window.reviews(product_id, sort=Sort.PICTURES, most=1),
    }

    def said(times):
        for n in range(times):
            a_review(now=noon, goods=goods, stars=1 + n % 5)
            asked = a_question(now=noon, goods=goods, text=f"能穿{n}吗？")
            reviews.answer_question(public_id=asked, text="能", actor=SYSTEM, now=noon)

    def costs():
        taken = {}
        for what, read in reads.items():
            db.session.rollback()
            with counted(app) as count:
                read()
            assert len(count.statements) == 1, what
            taken[what] = count.steps  # none on PostgreSQL, which counts no steps
        return taken

    said(10)
    with transaction() as session:  # and none of those to come: they are not read over either
        session.execute(sa.text("UPDATE reviews SET picture_count = 1"))
    few = costs()
    said(15)
    assert few["product"] < 600
    for what, steps in costs().items():
        assert steps <= 1.1 * few[what], (what, few[what], steps)
