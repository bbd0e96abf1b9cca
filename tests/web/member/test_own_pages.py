from __future__ import annotations

import re
from datetime import timedelta

import pytest

from shop.accounts import pins
from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.earnings import asking
from shop.earnings import queries as earnings
from shop.earnings.rules import EarningKind, PayChannel
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.money import Money
from shop.production import queries as production
from shop.production import services as making
from shop.production.rules import Fault, Raised, Verdict, WorkOrderState
from shop.workflows import making as making_work
from shop.workflows import picturing
from shop.workflows.paying import record_payout
from tests.builders.accounts import (
    PASSWORD,
    PIN,
    a_cashier,
    a_maker,
    a_social_worker,
    a_user,
    an_inspector,
)
from tests.builders.earnings import AFTER_JULY, a_pay_run, an_earning
from tests.builders.media import sent
from tests.builders.production import a_craft, a_hand_in, a_work_order, an_offer
from tests.builders.stations import BEGINNING, a_county, a_member, a_workshop

PHONE = "13983720001"
MOST_BYTES = 40_000
EVERYWHERE = Scope(("/",))


@pytest.fixture
def clock(fresh_app):
    """The instant of every request, moved on by ``clock.on(...)``; it starts on 23 July."""

    class Clock:
        now = AFTER_JULY

        def on(self, **span):
            self.now += timedelta(**span)

    hands = Clock()
    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: hands.now
    yield hands
    fresh_app.extensions["clock"] = before


@pytest.fixture
def her(in_app):
    """Wang Xiulan, who can sign in; her member id."""
    return in_app(lambda: a_maker(phone=PHONE)).member_id


def words(response):
    return response.get_data(as_text=True)


def plain(response):
    """The words of a page without its marks and line ends."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words(response))).replace("¥ ", "¥")


def sign_in(visitor, login=PHONE, password=PIN):
    return visitor.send("/sign-in", {"login": login, "password": password})


def open_pages(visitor, language="en"):
    sign_in(visitor)
    return visitor.open(f"/member?lang={language}")


def test_she_sees_one_number_and_its_date_and_what_lies_behind(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=50820)
    in_app(
        an_earning,
        member_id=her,
        fen=9240,
        kind=EarningKind.CONSIGNMENT_SHARE,
        is_sure=False,
        owner="order:1",
        key="order:1:line:1",
    )

    page = words(open_pages(visitor))

    number = re.search(r'<p class="member-number">(.*?)</p>', page, re.DOTALL)[1]
    assert 'value="508.20"' in number
    assert "You get it on 25 July" in page
    assert "Until buyers have had their goods for seven days" in page
    assert (
        "18 July, slip J-20260718-1: 12 pieces of Hand-woven sandals handed in, 11 passed, "
        "¥46.20 each: ¥508.20." in page
    )
    assert "sold for ¥184.80; your share is 50 percent: ¥92.40" in page
    assert page.count('class="note note-hundred"') == 5


def test_a_sum_that_comes_in_parts_never_promises_all_of_it_on_the_first_day(
    visitor, in_app, clock, her
):
    in_app(an_earning, member_id=her, fen=12000)
    in_app(an_earning, member_id=her, fen=100254, at=AFTER_JULY)

    page = plain(open_pages(visitor))

    assert "¥1,122.54" in page
    assert "In 2 parts, the first on 25 July" in page
    assert "You get it on" not in page
    assert "Jul 25 ¥120.00 Aug 10 ¥1,002.54" in page


def test_the_page_speaks_chinese_where_nothing_else_is_asked(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=50820)

    page = words(open_pages(visitor, language="zh"))

    assert '<html lang="zh-Hans"' in page
    assert "7月25日" in page
    assert "交件单 J-20260718-1" in page
    assert "Sure" not in page


def test_what_was_paid_says_when_and_how(visitor, in_app, clock, her):
    def pay_day():
        an_earning(member_id=her, fen=50820)
        (slip,) = earnings.slips(a_pay_run(workshop_id=a_workshop()))
        record_payout(
            pay_slip_id=slip.id, channel=PayChannel.BANK, actor=a_cashier(), now=AFTER_JULY
        )

    in_app(pay_day)

    page = words(open_pages(visitor))

    assert "Last on 23 July" in page
    assert "paid on 23 July to your account" in page
    assert 'value="0.00"' in re.search(r'<p class="member-number">(.*?)</p>', page, re.DOTALL)[1]


def test_late_pay_is_called_late(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=50820)
    clock.on(days=3)

    assert "Was due on 25 July and is late" in words(open_pages(visitor))


def test_a_small_sum_says_that_it_may_wait_and_that_she_may_ask(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=2310)

    assert "Sums under 50 yuan wait" in words(open_pages(visitor))


def test_help_has_a_name_and_a_telephone(visitor, in_app, clock, her):
    in_app(a_social_worker)

    page = words(open_pages(visitor))

    assert "Ask 周敏: 02359000001" in page
    assert 'href="tel:02359000001"' in page


def test_she_sees_nothing_of_other_women(visitor, in_app, clock, her):
    in_app(lambda: an_earning(member_id=a_member(name="陈明珍"), fen=77701))

    page = words(open_pages(visitor))

    assert "777.01" not in page
    assert "陈明珍" not in page


def test_her_page_is_light_and_kept_by_no_cache(visitor, in_app, clock, her):
    def a_busy_year():
        for number in range(60):
            an_earning(member_id=her, fen=50820 + number)
        for number in range(60):
            an_earning(
                member_id=her,
                fen=9240 + number,
                kind=EarningKind.CONSIGNMENT_SHARE,
                is_sure=False,
                owner=f"order:{number + 1}",
                key=f"order:{number + 1}:line:1",
            )
        craft = a_craft()
        for _ in range(3):
            an_offer(now=AFTER_JULY, craft=craft, member_id=her)

    in_app(a_busy_year)

    response = open_pages(visitor)

    assert response.headers["Cache-Control"] == "no-store"
    assert len(response.get_data()) <= MOST_BYTES
    assert "<script" not in words(response).replace('<script type="module" src=', "")


def test_two_quiet_minutes_put_everything_away(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=50820)
    page = words(open_pages(visitor))
    assert '<meta http-equiv="refresh" content="120;url=/member/closed">' in page

    clock.on(seconds=121)

    assert visitor.client.get("/member").location == "/sign-in?next=/member"
    assert visitor.client.get("/member/sure").location == "/sign-in?next=/member"
    closed = words(visitor.open("/member/closed"))
    assert "508.20" not in closed
    sign_in(visitor)
    assert "508.20" in words(visitor.open("/member"))


def test_while_she_reads_her_pages_stay_open(visitor, in_app, clock, her):
    open_pages(visitor)
    for _ in range(3):
        clock.on(seconds=110)
        visitor.open("/member")


def test_closing_her_pages_ends_the_sign_in(visitor, in_app, clock, her):
    open_pages(visitor)

    visitor.send("/sign-out", via="/member")

    assert visitor.client.get("/member").location.endswith("/sign-in?next=/member")


def test_she_learns_when_her_pages_were_last_open(visitor, in_app, clock, her):
    assert "last open" not in words(open_pages(visitor))
    clock.on(days=1)

    assert "last open on 23 July, 09:00" in words(open_pages(visitor))


def test_she_takes_offered_work_or_leaves_it(visitor, in_app, clock, her):
    craft = in_app(a_craft)
    wanted = in_app(an_offer, now=AFTER_JULY, craft=craft, member_id=her)
    unwanted = in_app(an_offer, now=AFTER_JULY, craft=craft, member_id=her)
    page = words(open_pages(visitor))
    assert "¥46.20" in page.replace('<span class="money-sign">¥</span>', "¥")

    def state(work_order_id):
        orders = in_app(production.work_orders, member_id=her, open_only=False)
        return next(w for w in orders if w.work_order_id == work_order_id)

    visitor.send(f"/member/work/{state(wanted).public_id}/accept", via="/member")
    visitor.send(f"/member/work/{state(unwanted).public_id}/decline", via="/member")

    assert state(wanted).state is WorkOrderState.ACCEPTED
    assert state(unwanted).state is WorkOrderState.DECLINED


def test_her_work_stands_there_with_its_picture_its_count_and_its_day(visitor, in_app, clock, her):
    craft = in_app(a_craft)
    in_app(a_work_order, now=AFTER_JULY, craft=craft, member_id=her, quantity=12)
    in_app(an_offer, now=AFTER_JULY, craft=craft, member_id=her, quantity=7)

    assert "My work: 12 to make" in words(open_pages(visitor))
    page = words(visitor.open("/member/work?lang=en"))

    assert page.count('class="picture picture-1x1"') == 2
    assert '<span class="number">12</span>' in page
    assert '<span class="number">7</span>' in page
    assert 'datetime="2026-08-01"' in page


def test_what_a_helper_noted_in_her_name_says_so(visitor, in_app, clock, her):
    def noted():
        offer = an_offer(now=AFTER_JULY, member_id=her)
        making.accept(work_order_id=offer, actor=a_social_worker(), now=AFTER_JULY, on_behalf=True)

    in_app(noted)
    open_pages(visitor)

    assert "周敏 noted for you that you take this" in words(visitor.open("/member/work?lang=en"))


def test_work_that_she_took_herself_names_nobody_else(visitor, in_app, clock, her):
    in_app(an_offer, now=AFTER_JULY, member_id=her)
    (work,) = in_app(production.work_orders, member_id=her)
    open_pages(visitor)
    visitor.send(f"/member/work/{work.public_id}/accept", via="/member")

    assert "noted for you" not in words(visitor.open("/member/work?lang=en"))


def test_her_slips_say_what_the_inspector_found(visitor, in_app, clock, her):
    def two_slips():
        work = a_work_order(now=AFTER_JULY, member_id=her, quantity=20)
        first = a_hand_in(now=AFTER_JULY, work_order_id=work, pieces=12)
        verdict = Verdict(passed=10, rework=2, reason="边没收紧")
        making.inspect(hand_in_id=first, verdict=verdict, actor=an_inspector(), now=AFTER_JULY)
        a_hand_in(now=AFTER_JULY, work_order_id=work, pieces=5)

    in_app(two_slips)
    open_pages(visitor)

    page = plain(visitor.open("/member/hand-ins?lang=en"))

    assert "passed 10" in page
    assert "to mend 2" in page
    assert "边没收紧" in page
    assert "by 26 July, all of it passed" in page


def a_photographed_fault(member_id, now):
    hand_in_id = a_hand_in(now=now, member_id=member_id)
    making_work.decide(
        hand_in_id=hand_in_id,
        verdict=Verdict(passed=11, rejected=1, faults=(Fault.STAIN,)),
        files=[sent()],
        actor=SYSTEM,
        now=now,
    )
    assert picturing.make_next(now=now)


def test_she_objects_with_or_without_words_and_reads_what_came_of_it(visitor, her, in_app, clock):
    in_app(a_photographed_fault, her, clock.now)
    sign_in(visitor)
    page = words(visitor.open("/member/hand-ins"))
    (ask,) = re.findall(r'href="(/member/hand-ins/[^"]+/appeal)"', page)
    assert len(visitor.open(ask).data) < MOST_BYTES

    visitor.send(ask, {"words": ""})
    waits = plain(visitor.open("/member/hand-ins?lang=en"))
    assert "Somebody else looks again" in waits
    assert "That is not right" not in waits

    def found():
        (seen,) = production.hand_ins_appealed(EVERYWHERE)
        raised = Raised(rejected_to_passed=1)
        return making_work.decide_appeal(
            hand_in_id=seen.hand_in_id, raised=raised, answer="", actor=SYSTEM, now=clock.now
        )

    assert in_app(found) == Money(4620)
    assert "You were right" in plain(visitor.open("/member/hand-ins?lang=en"))
    # The amount explains itself: what it is now, what it was, and the difference.
    assert "looked at again because you objected: 12 pieces" in plain(
        visitor.open("/member/sure?lang=en")
    )


def test_after_seven_days_nobody_is_asked_to_object(visitor, her, in_app, clock):
    in_app(a_photographed_fault, her, clock.now - timedelta(days=7))
    sign_in(visitor)

    page = words(visitor.open("/member/hand-ins"))

    assert "/appeal" not in page
    (hand_in,) = in_app(lambda: production.hand_ins_of(her))
    late = visitor.open(f"/member/hand-ins/{hand_in.public_id}/appeal?lang=en", status=409)
    assert "seven days" in plain(late)


def test_she_sees_what_was_not_good_in_her_pieces_and_in_nobody_elses(visitor, her, in_app, clock):
    in_app(a_photographed_fault, her, clock.now)
    in_app(lambda: a_photographed_fault(a_member(), clock.now))
    sign_in(visitor)

    page = words(visitor.open("/member/hand-ins"))

    assert "有污渍" in page
    (mine,) = re.findall(r'src="(/member/hand-ins/[^"]+)"', page)
    shown = visitor.open(mine)
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "private, no-store")
    shown.close()
    (others,) = in_app(
        lambda: [
            one.public_id
            for one in production.hand_ins_decided(EVERYWHERE)
            if one.maker.member_id != her
        ]
    )
    visitor.open(f"/member/hand-ins/{others}/pictures/{mine.rpartition('/')[2]}", status=404)
    clock.on(minutes=3)
    visitor.open(mine, status=302)


def test_older_slips_are_a_page_away(visitor, in_app, clock, her):
    def many():
        work = a_work_order(now=AFTER_JULY, member_id=her, quantity=20)
        for _ in range(14):
            a_hand_in(now=AFTER_JULY, work_order_id=work, pieces=1)

    in_app(many)
    open_pages(visitor)

    first = words(visitor.open("/member/hand-ins"))
    earlier = re.search(r'href="(/member/hand-ins\?after=\d+)"', first)[1]

    assert first.count("<article") == 12
    assert words(visitor.open(earlier)).count("<article") == 2


def test_a_small_sum_comes_when_she_asks(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=2310)
    assert "I want my money: ¥23.10" in words(open_pages(visitor))

    visitor.send("/member/money", via="/member")

    page = words(visitor.open("/member?lang=en"))
    assert "You asked for it: it comes with the next pay, 25 July at the earliest." in page
    assert "I want my money" not in page
    assert in_app(asking.who_asked, in_app(a_workshop)) == {her}


def test_without_a_small_sum_there_is_no_such_button_and_asking_is_refused(
    visitor, in_app, clock, her
):
    in_app(an_earning, member_id=her, fen=50820)
    assert "I want my money" not in words(open_pages(visitor))

    refused = visitor.send("/member/money", via="/member", status=409)

    assert "paid on the next pay day anyway" in words(refused)


def test_she_says_when_she_brings_her_pieces_and_the_room_reads_it(visitor, in_app, clock, her):
    in_app(a_work_order, now=AFTER_JULY, member_id=her)
    assert 'href="/member/coming"' in words(open_pages(visitor))

    assert words(visitor.open("/member/coming?lang=en")).count('name="when"') == 12
    visitor.send("/member/coming", {"when": "2026-07-24-afternoon"}, via="/member/coming")
    page = plain(visitor.open("/member?lang=en"))

    assert "Jul 24 afternoon I bring my pieces" in page
    visitor.send("/member/coming", {"when": "not"}, via="/member/coming")
    assert "I bring my pieces" not in plain(visitor.open("/member?lang=en")).replace("When I", "")


@pytest.mark.parametrize("when", ["2026-07-26-morning", "2026-07-24-night", "", "x" * 300])
def test_a_time_that_is_not_offered_is_refused(visitor, in_app, clock, her, when):
    open_pages(visitor)

    refused = visitor.send("/member/coming", {"when": when}, via="/member/coming", status=422)

    assert "Choose one of those shown" in words(refused)


def test_another_maker_s_offer_is_not_there_for_her(visitor, in_app, clock, her):
    def offered_to_another():
        other = a_member(name="陈明珍")
        an_offer(now=AFTER_JULY, member_id=other)
        return production.work_orders(member_id=other)[0].public_id

    public_id = in_app(offered_to_another)
    open_pages(visitor)

    visitor.send(f"/member/work/{public_id}/accept", via="/member", status=404)


def test_older_amounts_are_pages_away(visitor, in_app, clock, her):
    def many():
        for number in range(45):
            an_earning(member_id=her, fen=1000 + number)

    in_app(many)
    assert 'href="/member/sure"' in words(open_pages(visitor))

    first = words(visitor.open("/member/sure"))
    earlier = re.search(r'href="(/member/sure\?after=\d+)"', first)[1]
    rest = words(visitor.open(earlier))

    assert first.count("<details>") == 40
    assert rest.count("<details>") == 5
    assert 'value="10.00"' in rest
    assert 'value="10.00"' not in first
    visitor.open("/member/paid")


@pytest.mark.parametrize("after", ["x", "-1", "²", "9" * 40, "1%27"])
def test_a_forged_page_key_shows_the_first_page(visitor, in_app, clock, her, after):
    open_pages(visitor)

    visitor.open(f"/member/sure?after={after}")


def test_staff_who_are_no_makers_have_no_such_pages(visitor, in_app, clock):
    in_app(lambda: a_user(login="zhoumin"))
    sign_in(visitor, "zhoumin", PASSWORD)

    visitor.open("/member", status=403)


def test_an_operator_who_makes_nothing_finds_no_earnings(visitor, in_app, clock):
    def prepare():
        user = a_user(login="operator")
        accounts.grant(
            user_id=user,
            role=Role.OPERATOR,
            station_id=a_county(),
            actor=SYSTEM,
            now=BEGINNING,
        )

    in_app(prepare)
    sign_in(visitor, "operator", PASSWORD)

    visitor.open("/member", status=404)


def test_she_reads_who_gave_her_a_new_pin(visitor, in_app, clock, her):
    def at_the_table():
        name = pins.ask(member_id=her, reason="忘了", actor=a_social_worker(), now=clock.now)
        witness = an_inspector()
        pins.witness(name=name, pin="739205", again="739205", actor=witness, now=clock.now)

    in_app(at_the_table)
    sign_in(visitor, password="739205")

    page = words(visitor.open("/member?lang=en"))

    assert "you got a new PIN. 周敏 asked for it, 谭云 was there." in page
