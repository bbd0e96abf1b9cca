"""The first page of the desk: what is to be done today, each with the button that does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.accounts import pins
from shop.bookings import queries as booking_views
from shop.bookings.rules import SessionState
from shop.catalog import desk as listed
from shop.claims import queries as claims
from shop.claims.rules import FOR_ROOM, may_be_decided
from shop.earnings import adjustments, asking, payees, years
from shop.earnings import queries as earning_views
from shop.earnings import rules as pay_rules
from shop.earnings.late import late_pay
from shop.earnings.rules import LATE_PAY_CLIMBS, PayRunState, YearState
from shop.funds import queries as funds
from shop.kernel.access import Actor, Permission
from shop.kernel.clock import business_day
from shop.kernel.i18n import day_text
from shop.notifications import desk as messages
from shop.orders import past
from shop.orders import queries as order_views
from shop.orders.rules import Handover
from shop.payments import differences, transfers
from shop.payments import queries as payments
from shop.payments.rules import DisputeState
from shop.production import coming
from shop.production import queries as making
from shop.production.rules import WorkOrderState
from shop.reviews import desk as voices
from shop.stations import queries as stations
from shop.stations.rules import Tier
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GIVING_BACK, PAY, TRANSFERS, VOICES, joint_scope
from shop.web.filters import locale_name, localized

SETTLES_WITHIN = timedelta(days=60)
ANSWERS_WITHIN = timedelta(days=2)
DECIDES_BEFORE_SESSION = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that waits: how many, what, why now, and where it is done."""

    title: str
    note: str
    kind: str
    count: int
    href: str
    action: str


@blueprint.get("")
@requires(Permission.SEE_DESK)
def today() -> ResponseReturnValue:
    """Show what waits for this person, the late things first."""
    actor = current_actor()
    order = {"danger": 0, "waiting": 1, "info": 2, "neutral": 3}
    waiting = sorted(
        (
            item
            for of_area in (
                _making,
                _coming,
                _selling,
                _come_back,
                _claims,
                _giving_back,
                _transferring,
                _reconciling,
                _telling,
                _hearing,
                _hosting,
                _pricing,
                _paying,
                _late,
                _adjusting,
                _comparing,
                _queueing,
                _witnessing,
                _asking,
            )
            for item in of_area(actor)
        ),
        key=lambda item: order[item.kind],
    )
    return render_template("backoffice/today.html", waiting=waiting, today=business_day(now()))


def _day(day: date) -> str:
    return day_text(day, locale=locale_name(), today=business_day(now()))


def _making(actor: Actor) -> Iterator[ToDo]:
    if actor.holds(Permission.INSPECT):
        hand_ins = making.hand_ins_waiting(actor.scope(Permission.INSPECT))
        if hand_ins:
            soon = hand_ins[0].decide_by <= now() + timedelta(days=1)
            yield ToDo(
                title=_("Hand-ins waiting for inspection"),
                note=_(
                    "The oldest is %(number)s by %(name)s. After three days silence means passed.",
                    number=hand_ins[0].number,
                    name=localized(hand_ins[0].maker, "name"),
                ),
                kind="danger" if soon else "waiting",
                count=len(hand_ins),
                href=url_for(".hand_in_page", public_id=hand_ins[0].public_id),
                action=_("Inspect"),
            )
        objected = making.hand_ins_appealed(actor.scope(Permission.INSPECT))
        if objected:
            yield ToDo(
                title=_("Makers who object to a verdict"),
                note=_(
                    "%(name)s waits the longest. Somebody other than the first inspector looks.",
                    name=localized(objected[0].maker, "name"),
                ),
                kind="waiting",
                count=len(objected),
                href=url_for(".hand_in_page", public_id=objected[0].public_id),
                action=_("Look again"),
            )
    if actor.holds(Permission.GIVE_WORK):
        works = making.work_orders(scope=actor.scope(Permission.GIVE_WORK))
        offered = [work for work in works if work.state is WorkOrderState.OFFERED]
        if offered:
            yield ToDo(
                title=_("Offered work without an answer"),
                note=_("Members without a phone tell you; you note it for them."),
                kind="neutral",
                count=len(offered),
                href=url_for(".work_page", public_id=offered[-1].public_id),
                action=_("See"),
            )
        late = [
            work
            for work in works
            if work.due_on is not None and work.due_on < business_day(now()) and work.left
        ]
        if late:
            yield ToDo(
                title=_("Work past its day"),
                note=_("Ask how she is before you ask where it is."),
                kind="waiting",
                count=len(late),
                href=url_for(".work_list"),
                action=_("See"),
            )


def _witnessing(actor: Actor) -> Iterator[ToDo]:
    waiting = [
        one for one in pins.open_resets(actor, now=now()) if one.asked_by_id != actor.user_id
    ]
    if waiting:
        yield ToDo(
            title=_("Makers who want a new PIN"),
            note=_("She stands at the table: a second colleague is her witness."),
            kind="waiting",
            count=len(waiting),
            href=url_for(".pin_list"),
            action=_("Be her witness"),
        )


def _coming(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.RECORD_HAND_IN):
        return
    who = coming.coming_to(actor.scope(Permission.RECORD_HAND_IN), on_day=business_day(now()))
    if not who:
        return
    people = stations.members_by_id(one.member_id for one in who)
    names = {
        half: [localized(people[one.member_id], "name") for one in who if one.half is half]
        for half in coming.Half
    }
    notes = [
        said
        for said in (
            _("Morning: %(names)s.", names=_(", ").join(names[coming.Half.MORNING]))
            if names[coming.Half.MORNING]
            else "",
            _("Afternoon: %(names)s.", names=_(", ").join(names[coming.Half.AFTERNOON]))
            if names[coming.Half.AFTERNOON]
            else "",
        )
        if said
    ]
    yield ToDo(
        title=_("Makers who bring pieces today"),
        note=" ".join(notes),
        kind="info",
        count=len(who),
        href=url_for(".hand_in_table"),
        action=_("Take pieces in"),
    )


def _selling(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.FULFILL):
        return
    parts = [
        row
        for row in order_views.order_parts(actor.scope(Permission.FULFILL), most=200)
        if row.part.handover is not Handover.ATTEND
    ]
    late = [row for row in parts if row.part.promised_on < business_day(now())]
    if late:
        yield ToDo(
            title=_("Late parcels"),
            note=_("Promised by %(day)s and not sent.", day=_day(late[0].part.promised_on)),
            kind="danger",
            count=len(late),
            href=url_for(".part_page", public_id=late[0].public_id),
            action=_("Send it"),
        )
    if len(parts) > len(late):
        yield ToDo(
            title=_("Orders to send"),
            note=_(
                "The next is promised by %(day)s.",
                day=_day(parts[len(late)].part.promised_on),
            ),
            kind="info",
            count=len(parts) - len(late),
            href=url_for(".part_list"),
            action=_("Pack"),
        )


def _come_back(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.FULFILL):
        return
    back = order_views.parts_come_back(actor.scope(Permission.FULFILL))
    if back:
        yield ToDo(
            title=_("Parcels that came back"),
            note=_("Ring the buyer: send it again, or give the money back."),
            kind="danger",
            count=len(back),
            href=url_for(".part_page", public_id=back[0]),
            action=_("Look at it"),
        )


def _claims(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.REFUND):
        return
    at = now()
    waiting = [
        one
        for one in claims.claims_at(actor.scope(Permission.REFUND), FOR_ROOM)
        if may_be_decided(one.kind, one.state)
    ]
    late = [one for one in waiting if one.is_late(at)]
    if late:
        yield ToDo(
            title=_("Claims whose answer is late"),
            note=_("A buyer waits longer than she was told; the town sees it too."),
            kind="danger",
            count=len(late),
            href=url_for(".claim_page", public_id=late[0].public_id),
            action=_("Answer"),
        )
    if len(waiting) > len(late):
        first = waiting[len(late)]
        yield ToDo(
            title=_("Claims and returns to answer"),
            note=_("The next by %(day)s.", day=_day(business_day(first.answer_by or at))),
            kind="waiting",
            count=len(waiting) - len(late),
            href=url_for(".claim_page", public_id=first.public_id),
            action=_("Look"),
        )


def _giving_back(actor: Actor) -> Iterator[ToDo]:
    stuck = payments.refunds_stuck(joint_scope(actor, GIVING_BACK))
    refused = [one for one in stuck if one.is_refused]
    if refused and actor.holds(Permission.REFUND):
        yield ToDo(
            title=_("Refunds that could not go back"),
            note=_("The money is the buyer’s. Send it again, or give it back in cash."),
            kind="danger",
            count=len(refused),
            href=url_for(".refund_list"),
            action=_("Give it back"),
        )
    to_send = [one for one in stuck if one.waits_by_bank and one.asked_by_id != actor.user_id]
    if to_send and actor.holds(Permission.TAKE_MONEY):
        yield ToDo(
            title=_("Transfers to send back"),
            note=_("Send each from our account and write down the bank’s number."),
            kind="waiting",
            count=len(to_send),
            href=url_for(".refund_list"),
            action=_("Send back"),
        )
    ready = [one for one in stuck if one.waits_in_cash and one.asked_by_id != actor.user_id]
    if ready and actor.holds(Permission.TAKE_MONEY):
        yield ToDo(
            title=_("Cash that waits for a buyer"),
            note=_("A colleague put it ready; you count it out against a signed receipt."),
            kind="waiting",
            count=len(ready),
            href=url_for(".refund_list"),
            action=_("Count it out"),
        )


def _transferring(actor: Actor) -> Iterator[ToDo]:
    if not any(actor.holds(one) for one in TRANSFERS):
        return
    scope = joint_scope(actor, TRANSFERS)
    waiting = [one for one in transfers.to_confirm(scope) if one.seen_by_id != actor.user_id]
    if waiting:
        yield ToDo(
            title=_("Transfers that a colleague saw come"),
            note=_("Look at the account and confirm; then the order is paid."),
            kind="waiting",
            count=len(waiting),
            href=url_for(".transfer_list"),
            action=_("Confirm"),
        )
    awaited = transfers.orders_awaited(scope)
    if awaited:
        yield ToDo(
            title=_("Orders that wait for a bank transfer"),
            note=_("Look at the bank’s list once a day."),
            kind="neutral",
            count=len(awaited),
            href=url_for(".transfer_list"),
            action=_("Look"),
        )


def _reconciling(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.RECONCILE):
        return
    disputes = payments.disputes(actor.scope(Permission.RECONCILE))
    unanswered = [one for one in disputes if one.state is DisputeState.NEEDS_ANSWER]
    if unanswered:
        due = unanswered[0].answer_by
        yield ToDo(
            title=_("A buyer’s bank wants money back"),
            note=_(
                "Answer with evidence by %(day)s, or the money is lost.",
                day=_day(business_day(due)),
            )
            if due is not None
            else _("Answer with evidence, or the money is lost."),
            kind="danger",
            count=len(unanswered),
            href=url_for(".payment_matters"),
            action=_("Look"),
        )
    differing = differences.differences(actor.scope(Permission.RECONCILE))
    if differing:
        yield ToDo(
            title=_("Payments in which the payment service and we differ"),
            note=_("Each says what can be done about it."),
            kind="danger",
            count=len(differing),
            href=url_for(".payment_matters"),
            action=_("Look"),
        )
    unknown = payments.events_to_review()
    if unknown:
        yield ToDo(
            title=_("Payments that fit no order"),
            note=_("The payment service told of money that is not known here."),
            kind="waiting",
            count=len(unknown),
            href=url_for(".payment_matters"),
            action=_("Look"),
        )


def _telling(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.TELL_PEOPLE):
        return
    waits = messages.counts(actor.scope(Permission.TELL_PEOPLE))
    if waits.dead:
        yield ToDo(
            title=_("Messages that did not arrive"),
            note=_("Often a digit or a letter is wrong. Mend it, or tell her yourself."),
            kind="danger",
            count=waits.dead,
            href=url_for(".message_list"),
            action=_("Look"),
        )
    if waits.to_tell:
        yield ToDo(
            title=_("People to tell in person"),
            note=_("They left neither a telephone nor a mailbox that works."),
            kind="waiting",
            count=waits.to_tell,
            href=url_for(".notice_list"),
            action=_("Tell them"),
        )


def _hearing(actor: Actor) -> Iterator[ToDo]:
    if not any(actor.holds(one) for one in VOICES):
        return
    waits = voices.waiting(
        actor.scope(Permission.ANSWER_BUYERS),
        actor.scope(Permission.MODERATE_REVIEWS),
        reader_id=actor.user_id,
    )
    if waits.unhappy:
        yield ToDo(
            title=_("Buyers who are not happy"),
            note=_("Ring them, put it right, note what came of it. The stars stay theirs."),
            kind="danger",
            count=waits.unhappy,
            href=url_for(".review_list", shelf="unhappy"),
            action=_("Ring"),
        )
    if waits.oldest_question_at is not None:
        is_late = waits.oldest_question_at <= now() - ANSWERS_WITHIN
        yield ToDo(
            title=_("Questions before buying"),
            note=_(
                "The oldest waits since %(day)s; buyers are told two days.",
                day=_day(business_day(waits.oldest_question_at)),
            ),
            kind="danger" if is_late else "waiting",
            count=waits.questions,
            href=url_for(".question_list"),
            action=_("Answer"),
        )
    if waits.proposals:
        yield ToDo(
            title=_("Reviews somebody wants to hide"),
            note=_("You are the second person: does the reason hold?"),
            kind="waiting",
            count=waits.proposals,
            href=url_for(".review_list", shelf="proposed"),
            action=_("Look"),
        )
    if waits.cards:
        yield ToDo(
            title=_("Cards to makers"),
            note=_("In a buyer’s own words; read them, then they are hers."),
            kind="info",
            count=waits.cards,
            href=url_for(".card_list"),
            action=_("Read"),
        )


def _hosting(actor: Actor) -> Iterator[ToDo]:
    scope = joint_scope(actor, (Permission.SETTLE_SESSION, Permission.HOST_SESSIONS))
    if not scope.paths:
        return
    sessions = booking_views.sessions(
        scope,
        starts_from=now() - SETTLES_WITHIN,
        starts_before=now() + DECIDES_BEFORE_SESSION,
        now=now(),
    )
    over = [
        one
        for one in sessions
        if one.ends_at <= now() and one.state not in {SessionState.SETTLED, SessionState.CANCELLED}
    ]
    if over:
        yield ToDo(
            title=_("Sessions to settle"),
            note=_("The instructor sees her fee as soon as you do."),
            kind="waiting",
            count=len(over),
            href=url_for(".session_page", public_id=over[0].public_id),
            action=_("Settle"),
        )
    thin = [one for one in sessions if one.is_bookable(now()) and one.booked < one.min_party]
    if thin:
        yield ToDo(
            title=_("Sessions below their minimum"),
            note=ngettext(
                "%(title)s has %(num)s guest; decide 48 hours before.",
                "%(title)s has %(num)s guests; decide 48 hours before.",
                thin[0].booked,
                title=localized(thin[0], "title"),
            ),
            kind="waiting",
            count=len(thin),
            href=url_for(".session_page", public_id=thin[0].public_id),
            action=_("See"),
        )


def _pricing(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.APPROVE_PRICE):
        return
    page = listed.listings(actor.scope(Permission.APPROVE_PRICE), is_price_waiting=True)
    if page.items:
        yield ToDo(
            title=_("Prices waiting for a second person"),
            note=_("Whoever wrote a price does not approve it."),
            kind="waiting",
            count=len(page.items),
            href=url_for(".goods_page", public_id=page.items[0].public_id)
            if len(page.items) == 1
            else url_for(".goods_list", state="waiting"),
            action=_("Look at the price"),
        )


def _paying(actor: Actor) -> Iterator[ToDo]:
    scope = joint_scope(actor, PAY)
    if not scope.paths:
        return
    if actor.holds(Permission.PAY_OUT):
        waiting = earning_views.transfers_to_look_at(actor.scope(Permission.PAY_OUT), now=now())
        if waiting:
            yield ToDo(
                title=_("WeChat transfers over their 24 hours"),
                note=_("Look into the phone: confirmed, or come back? Only then pay again."),
                kind="danger",
                count=len(waiting),
                href=url_for(".pay_run_page", public_id=waiting[0]),
                action=_("Look"),
            )
    runs = earning_views.pay_runs(scope, most=100)
    if actor.holds(Permission.PREPARE_PAY):
        end = pay_rules.last_period_end(business_day(now()))
        drawn_up = {run.workshop_id for run in runs if run.period_end_on == end}
        mine = stations.workshops(actor.scope(Permission.PREPARE_PAY))
        missing = [one for one in mine if one.id not in drawn_up]
        if missing:
            pay_on = pay_rules.pay_day_for(end)
            yield ToDo(
                title=_("Pay run to draw up"),
                note=_(
                    "For what was accepted until %(end)s, paid on %(pay)s.",
                    end=_day(end),
                    pay=_day(pay_on),
                ),
                kind="danger" if pay_on <= business_day(now()) else "waiting",
                count=len(missing),
                href=url_for(".pay_run_list"),
                action=_("Draw it up"),
            )
    for permission, states, title, action in (
        (
            Permission.APPROVE_PAY,
            {PayRunState.DRAFT},
            _("Pay runs waiting for the second person"),
            _("Check and approve"),
        ),
        (
            Permission.PAY_OUT,
            {PayRunState.APPROVED, PayRunState.PAYING},
            _("Pay to hand out"),
            _("Pay"),
        ),
    ):
        found = [
            run
            for run in runs
            if run.state in states
            and (permission is Permission.PAY_OUT or run.prepared_by_id != actor.user_id)
        ]
        if actor.holds(permission) and found:
            yield ToDo(
                title=title,
                note=_("Pay day is %(day)s.", day=_day(found[-1].pay_on)),
                kind="danger" if found[-1].pay_on <= business_day(now()) else "waiting",
                count=len(found),
                href=url_for(".pay_run_page", public_id=found[-1].public_id),
                action=action,
            )


def _late(actor: Actor) -> Iterator[ToDo]:
    if not any(actor.holds(one) for one in PAY):
        return
    late = late_pay(joint_scope(actor, PAY), now=now())
    if late:
        yield ToDo(
            title=_("Pay that is late"),
            note=_(
                "Promised for %(day)s. The town sees it after %(town)s days, the county after "
                "%(county)s.",
                day=_day(late[0].promised_on),
                town=LATE_PAY_CLIMBS[Tier.TOWN],
                county=LATE_PAY_CLIMBS[Tier.COUNTY],
            ),
            kind="danger",
            count=sum(one.members for one in late),
            href=url_for(".pay_run_list"),
            action=_("Look"),
        )


def _adjusting(actor: Actor) -> Iterator[ToDo]:
    for permission, of_hers, title, note, action in (
        (
            Permission.APPROVE_PAY,
            False,
            _("Advances and corrections for a second person"),
            _("Nothing changes before you have said yes."),
            _("Look and answer"),
        ),
        (
            Permission.PREPARE_PAY,
            True,
            _("Deductions that wait for her yes"),
            _("She answers on her page; if she has none, read it to her."),
            _("See"),
        ),
    ):
        if actor.holds(permission):
            theirs = [
                one
                for one in adjustments.waiting(actor.scope(permission))
                if one.is_hers_to_answer == of_hers and one.proposed_by_id != actor.user_id
            ]
            if theirs:
                yield ToDo(
                    title=title,
                    note=note,
                    kind="neutral" if of_hers else "waiting",
                    count=len(theirs),
                    href=url_for(".adjustment_list"),
                    action=action,
                )
    if actor.holds(Permission.PAY_OUT):
        agreed = adjustments.to_pay(actor.scope(Permission.PAY_OUT))
        if agreed:
            yield ToDo(
                title=_("Advances to hand out"),
                note=_("Two people have agreed; she waits for the money."),
                kind="waiting",
                count=len(agreed),
                href=url_for(".adjustment_list"),
                action=_("Pay"),
            )


def _comparing(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.APPROVE_PAY):
        return
    waiting = [
        project
        for project, proposed_by_id in funds.sheets_waiting(actor.scope(Permission.APPROVE_PAY))
        if proposed_by_id != actor.user_id
    ]
    plans = years.years(actor.scope(Permission.APPROVE_PAY))
    accounts = [
        one
        for one in payees.waiting(actor.scope(Permission.APPROVE_PAY))
        if one.proposed_by_id != actor.user_id
    ]
    if accounts:
        yield ToDo(
            title=_("Bank accounts for a second person"),
            note=_("Type the number from her card once more; nothing is sent there before."),
            kind="waiting",
            count=len(accounts),
            href=url_for(".payee_list"),
            action=_("Compare"),
        )
    for state, title, note, action in (
        (
            YearState.DRAFT,
            _("A year’s papers for a second person"),
            _("Compare them with the closed books, then lay them open to the members."),
            _("Compare"),
        ),
        (
            YearState.OPEN,
            _("What the members decided on their year"),
            _("Their meeting is held: write down the votes, and who was against it."),
            _("Write it down"),
        ),
    ):
        found = [
            one
            for one in plans
            if one.state is state
            and (one.drawn_up_by_id != actor.user_id or state is YearState.OPEN)
            and one.year < business_day(now()).year
            and (one.meeting_on is None or one.meeting_on <= business_day(now()))
        ]
        if found:
            yield ToDo(
                title=title,
                note=note,
                kind="waiting",
                count=len(found),
                href=url_for(".year_page", public_id=found[0].public_id),
                action=action,
            )
    if waiting:
        yield ToDo(
            title=_("Attendance sheets for a second person"),
            note=_("Compare each with its paper; nothing is paid before."),
            kind="waiting",
            count=len(waiting),
            href=url_for(".project_page", public_id=waiting[0]),
            action=_("Compare"),
        )


def _asking(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.PREPARE_PAY):
        return
    asked = asking.asking(actor.scope(Permission.PREPARE_PAY))
    if asked:
        first = stations.member(asked[0])
        yield ToDo(
            title=_("Makers who ask for a small sum now"),
            note=_(
                "%(name)s asked first. The next run pays it by itself.",
                name=localized(first, "name"),
            ),
            kind="info",
            count=len(asked),
            href=url_for(".pay_run_list"),
            action=_("See"),
        )


def _queueing(actor: Actor) -> Iterator[ToDo]:
    if not actor.holds(Permission.REFUND):
        return
    count = past.count_unmatched(actor.scope(Permission.REFUND))
    if count:
        yield ToDo(
            title=_("Returns without a sale"),
            note=_("From imported sales; each wants a look and a note."),
            kind="neutral",
            count=count,
            href=url_for(".unmatched_list"),
            action=_("Look"),
        )
