from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.earnings import checks, payees, queries, rules
from shop.earnings.models import PayeeAccount
from shop.earnings.payees import (
    AnotherName,
    NotAnAccount,
    NumberDiffers,
    PayeeDone,
    PayeeReused,
)
from shop.earnings.rules import PayChannel, PayeeState
from shop.earnings.services import OwnPay, RunNotApproved, TwoPeople, WitnessMissing
from shop.kernel import events
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.workflows.paying import approve_pay_run, record_payout
from tests.builders.accounts import (
    a_bookkeeper,
    a_cashier,
    a_maker,
    a_social_worker,
    an_actor,
    an_inspector,
)
from tests.builders.earnings import (
    ACCEPTED,
    AFTER_JULY,
    NUMBER,
    a_pay_run,
    an_account,
    an_earning,
)
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
DIGITS = "6228480402564890018"
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        (NUMBER, DIGITS),
        ("6228-4804-0256-4890-018", DIGITS),
        ("６２２８４８０４０２５６４８９００１８", DIGITS),
        ("1234567", None),
        ("622848040256489001X", None),
        ("1" * 33, None),
        ("", None),
    ],
)
def test_what_can_be_an_account(typed, digits):
    assert rules.account_number(typed) == digits


@pytest.mark.parametrize(
    ("holder", "name", "is_own"),
    [
        ("王秀兰", "王秀兰", True),
        (" 王 秀兰 ", "王秀兰", True),
        ("阿依古丽·买买提", "阿依古丽买买提", True),
        ("王秀英", "王秀兰", False),
        ("王秀兰之夫", "王秀兰", False),
        ("", "", False),
    ],
)
def test_whose_name_stands_on_it(holder, name, is_own):
    assert rules.is_own_name(holder, name) is is_own


def propose(member, **changes):
    said = {
        "member_id": member,
        "holder": "王秀兰",
        "bank": "农业银行城口支行",
        "number": NUMBER,
        "relation": "",
        "witness_id": None,
        "key": "form",
        "actor": None,
        "now": ACCEPTED,
    } | changes
    said["actor"] = said["actor"] or a_social_worker()
    return payees.propose(**said)


def agree(payee, *, number=DIGITS, actor=None, now=ACCEPTED):
    return payees.agree(payee_id=payee, number=number, actor=actor or a_bookkeeper(), now=now)


def state(payee):
    return db.session.scalar(
        sa.select(PayeeAccount.state)
        .where(PayeeAccount.id == payee)
        .execution_options(populate_existing=True)
    )


def findings():
    return [finding for check in checks.CHECKS for finding in check.run()]


def test_an_account_stands_once_a_second_person_has_typed_the_same_number(app):
    wang = a_member()
    account = propose(wang)
    assert payees.of_member(wang) is None
    with pytest.raises(NumberDiffers):
        agree(account, number=DIGITS[:-1] + "9")

    assert agree(account)
    assert not agree(account)

    hers = payees.of_member(wang)
    assert (hers.tail, hers.is_own, hers.review_on) == ("0018", True, None)
    kept = db.session.get_one(PayeeAccount, account)
    assert DIGITS not in kept.number + kept.digest
    assert findings() == []


def test_nothing_that_is_kept_or_said_of_it_shows_the_number(app):
    an_account(member_id=a_member())
    rows = db.session.execute(sa.text("SELECT * FROM payee_accounts")).mappings().all()
    said = db.session.execute(sa.text("SELECT * FROM events")).mappings().all()

    assert DIGITS not in str(rows)
    assert DIGITS not in str(said)


def test_whoever_noted_it_her_herself_and_strangers_do_not_agree(app):
    wang = a_member()
    writer = a_bookkeeper()
    account = propose(wang, actor=writer)
    for refusal, actor in (
        (TwoPeople, writer),
        (OwnPay, an_actor(role=Role.BOOKKEEPER, at=a_room(), member_id=wang)),
        (Forbidden, a_social_worker()),
        (Forbidden, a_cashier()),
        (OutOfReach, a_bookkeeper(at=a_room(CIZHU))),
    ):
        with pytest.raises(refusal):
            agree(account, actor=actor)
    for actor in (an_inspector(), a_cashier()):
        with pytest.raises(Forbidden):
            propose(wang, actor=actor, key="other")
    assert state(account) is PayeeState.PROPOSED


def test_another_name_needs_the_reason_a_witness_and_a_look_every_year(app):
    wang, writer, witness = a_member(), a_social_worker(), a_social_worker()
    herself = a_maker(member_id=wang)
    for refusal, wrong in (
        (AnotherName, {"relation": " "}),
        (WitnessMissing, {"witness_id": None}),
        (WitnessMissing, {"witness_id": writer.user_id}),
        (WitnessMissing, {"witness_id": herself.user_id}),
    ):
        said = {"holder": "陈大山", "relation": "丈夫，她没有卡", "witness_id": witness.user_id}
        with pytest.raises(refusal):
            propose(wang, actor=writer, **said | wrong)
    account = propose(wang, actor=writer, **said)
    agree(account)

    hers = payees.of_member(wang)
    day = hers.decided_on
    assert (hers.is_own, hers.relation) == (False, "丈夫，她没有卡")
    assert wang in payees.standing_of([wang], today=day + YEAR - timedelta(days=1))
    assert payees.standing_of([wang], today=day + YEAR) == {}
    assert findings() == []


@pytest.mark.parametrize(
    "wrong", [{"number": "12"}, {"holder": " "}, {"bank": ""}, {"number": "没有"}]
)
def test_half_an_account_is_none(app, wrong):
    with pytest.raises(NotAnAccount):
        propose(a_member(), **wrong)


def test_a_form_sent_twice_is_one_account(app):
    wang = a_member()
    account = propose(wang)

    assert propose(wang) == account
    with pytest.raises(PayeeReused):
        propose(wang, number="6228480402564890026")
    with pytest.raises(PayeeReused):
        propose(wang, bank="工商银行")


def test_a_new_account_ends_the_one_before_and_an_ended_one_never_comes_back(app):
    wang = a_member()
    first = an_account(member_id=wang)
    second = an_account(member_id=wang, number="6222021203000111")

    assert (state(first), state(second)) == (PayeeState.ENDED, PayeeState.STANDING)
    with pytest.raises(PayeeDone):
        agree(first)
    assert payees.end(payee_id=second, actor=a_maker(member_id=wang), now=ACCEPTED)
    assert not payees.end(payee_id=second, actor=a_social_worker(), now=ACCEPTED)
    third = an_account(member_id=wang, agrees=False)
    for refusal, actor in (
        (Forbidden, an_inspector()),
        (Forbidden, a_cashier()),
        (OutOfReach, a_maker(member_id=a_member(name="陈明珍"))),
    ):
        with pytest.raises(refusal):
            payees.end(payee_id=third, actor=actor, now=ACCEPTED)
    assert payees.end(payee_id=third, actor=a_social_worker(), now=ACCEPTED)
    assert state(third) is PayeeState.REFUSED
    with pytest.raises(PayeeDone):
        agree(third, number=NUMBER)
    with pytest.raises(NotFound):
        payees.end(payee_id=999, actor=a_social_worker(), now=ACCEPTED)
    assert findings() == []


def test_one_number_for_two_women_is_seen(app):
    wang, chen = a_member(), a_member(name="陈明珍")
    an_account(member_id=wang)
    an_account(member_id=chen, agrees=False)

    (waits,) = payees.waiting(EVERYWHERE)
    (stands,) = payees.standing(EVERYWHERE)

    assert len(waits.shared_with) == 1
    assert stands.shared_with == ()


def test_the_list_for_the_bank_has_what_is_still_to_send_to_accounts_that_stand(app):
    workshop = a_workshop()
    wang, chen, liu, witness = (
        a_member(),
        a_member(name="陈明珍"),
        a_member(name="刘小琴"),
        a_social_worker(),
    )
    for member in (wang, chen, liu):
        an_earning(member_id=member)
    an_account(member_id=wang)
    an_account(
        member_id=liu,
        holder="刘大山",
        relation="父亲",
        witness_id=witness.user_id,
        now=ACCEPTED - YEAR,
        number="62220212030001",
    )
    run = a_pay_run(workshop_id=workshop, is_approved=False)
    take = {"pay_run_id": run, "now": AFTER_JULY}
    with pytest.raises(RunNotApproved):
        payees.bank_list(actor=a_cashier(), **take)
    approve_pay_run(pay_run_id=run, actor=a_bookkeeper(), now=AFTER_JULY)
    for actor in (a_social_worker(), an_inspector()):
        with pytest.raises(Forbidden):
            payees.bank_list(actor=actor, **take)
    with pytest.raises(OutOfReach):
        payees.bank_list(actor=a_cashier(at=a_room(CIZHU)), **take)

    cashier = a_cashier()
    (line,) = payees.bank_list(actor=cashier, **take)

    assert (line.holder, line.number, line.slip.amount) == ("王秀兰", DIGITS, Money(50820))
    (taken,) = [one for one in events.history(f"pay_run:{run}") if one.kind == "BankListTaken"]
    assert taken.actor_id == cashier.user_id
    record_payout(pay_slip_id=line.slip.id, channel=PayChannel.BANK, actor=cashier, now=AFTER_JULY)
    assert payees.bank_list(actor=cashier, **take) == []
    assert len(queries.slips(run)) == 3
