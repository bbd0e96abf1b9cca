"""Her work: what is offered, what she has in hand, what she handed in and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shop.accounts import queries as accounts_now
from shop.kernel import workdays
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.media import queries as media
from shop.media.rules import Subject
from shop.production import appeals, coming
from shop.production import queries as making
from shop.production import services as production
from shop.production.appeals import AppealView
from shop.production.coming import Half, NotOpenThen
from shop.production.queries import HandInView, WorkOrderView
from shop.production.rules import TAKES_PIECES, WorkOrderState
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.web.access import current_actor, now, requires
from shop.web.member.frame import blueprint, day_said, frame, me, my_id, page_key, today, while_open
from shop.web.pictures import private_picture

_: Callable[..., str] = gettext  # Flask-Babel has no types
OFFERS_FIRST = 2  # on the first page; the others are on the page of her work
HAND_INS_A_PAGE = 12


@dataclass(frozen=True, slots=True)
class Offer:
    """Work she may take or leave, and what one good piece would earn her."""

    work: WorkOrderView
    rate: Money | None


@dataclass(frozen=True, slots=True)
class InHand:
    """Work she has, and who noted for her that she takes it, if she did not say it herself."""

    work: WorkOrderView
    noted_by: str


def on_first_page(member_id: int) -> dict[str, object]:
    """Return what the first page says of her work: offers that wait, and how many are in hand."""
    works = making.work_orders(member_id=member_id)
    offered = [one for one in works if one.state is WorkOrderState.OFFERED]
    return {
        "offered": _offers(offered[:OFFERS_FIRST]),
        "more_offered": max(0, len(offered) - OFFERS_FIRST),
        "comes": coming.coming_of(member_id, now=now()),
        "pieces_in_hand": sum(one.left for one in works if one.state in TAKES_PIECES),
    }


def _offers(works: Iterable[WorkOrderView]) -> list[Offer]:
    works = list(works)
    if not works:
        return []
    # The rate is frozen when she accepts; until then it is the one in force today.
    rates = making.rates({work.piece.product_id for work in works}, on=today())
    return [
        Offer(
            work,
            rates[work.piece.product_id].rate + work.extra_pay
            if work.piece.product_id in rates
            else None,
        )
        for work in works
    ]


@blueprint.get("/work")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def work_list() -> ResponseReturnValue:
    """Show the work that is offered and the work she has in hand, each with its picture."""
    her = me()
    works = making.work_orders(member_id=her.id)
    mine = [one for one in works if one.state in TAKES_PIECES]
    return render_template(
        "member/work.html",
        offered=_offers(one for one in works if one.state is WorkOrderState.OFFERED),
        in_hand=_in_hand(mine),
        today=today(),
        **frame(her),
    )


def _in_hand(works: list[WorkOrderView]) -> list[InHand]:
    me_id = current_actor().user_id
    others = frozenset(
        one.accepted_by_id
        for one in works
        if one.accepted_by_id is not None and one.accepted_by_id != me_id
    )
    names = accounts_now.names_of(others) if others else {}
    return [InHand(one, names.get(one.accepted_by_id or 0, "")) for one in works]


@blueprint.post("/work/<string:public_id>/<any(accept, decline):answer>")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def answer_offer(public_id: str, answer: str) -> ResponseReturnValue:
    """Take an offered piece of work, or leave it to others: both are fine."""
    actor = current_actor()
    work = next(
        (w for w in making.work_orders(member_id=my_id()) if w.public_id == public_id), None
    )
    if work is None:
        raise NotFound(what=public_id)
    if answer == "accept":
        production.accept(work_order_id=work.work_order_id, actor=actor, now=now())
        flash(_("The work is yours. Fetch the material at the room."), "success")
    else:
        production.decline(work_order_id=work.work_order_id, actor=actor, now=now())
        flash(_("You left this one to others. There will be more."), "info")
    return redirect(url_for("member.first_page"))


@dataclass(frozen=True, slots=True)
class Brought:
    """Pieces she handed in, the day, until when somebody looks at them, photographs of faults.

    ``appeal`` is what she said against the verdict; ``may_appeal`` says that she still can.
    """

    seen: HandInView
    day: str
    decide_by: str
    pictures: list[str]
    appeal: AppealView | None
    may_appeal: bool


@blueprint.get("/hand-ins")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def hand_in_list() -> ResponseReturnValue:
    """Show her slips, the latest first, and what the inspector found."""
    her = me()
    after = page_key(request.args.get("after", ""))
    found = making.hand_ins_of(her.id, after=after, most=HAND_INS_A_PAGE + 1)
    shown = found[:HAND_INS_A_PAGE]
    hanging = media.hanging(Subject.HAND_IN, [one.hand_in_id for one in shown])
    said = appeals.appeals_of(one.hand_in_id for one in shown)
    return render_template(
        "member/hand_ins.html",
        brought=[
            Brought(
                one,
                day_said(business_day(one.counted_at)),
                day_said(business_day(one.decide_by)),
                [p.public_id for p in hanging.get(one.hand_in_id, ()) if p.is_ready],
                said.get(one.hand_in_id),
                one.hand_in_id not in said and appeals.may_appeal(one, now=now()),
            )
            for one in shown
        ],
        after=shown[-1].hand_in_id if len(found) > HAND_INS_A_PAGE else None,
        **frame(her),
    )


@blueprint.get("/hand-ins/<string:public_id>/pictures/<string:picture>")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def hand_in_picture(public_id: str, picture: str) -> ResponseReturnValue:
    """Show her the photograph of what was not good in pieces of hers."""
    hand_in_id = making.hand_in_of(my_id(), public_id)
    return private_picture(media.at_desk(Subject.HAND_IN, hand_in_id), picture)


@blueprint.route("/hand-ins/<string:public_id>/appeal", methods=["GET", "POST"])
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def appeal(public_id: str) -> ResponseReturnValue:
    """Let her object to a verdict, in words of her own or in none."""
    her = me()
    (seen,) = making.hand_ins_by_id([making.hand_in_of(her.id, public_id)])
    if request.method == "POST":
        appeals.say(
            hand_in_id=seen.hand_in_id,
            words=request.form.get("words", ""),
            actor=current_actor(),
            now=now(),
        )
        flash(_("Noted. Somebody else looks at these pieces again."), "success")
        return redirect(url_for("member.hand_in_list"))
    appeals.refuse(seen, now=now())
    return render_template(
        "member/appeal.html",
        seen=seen,
        day=day_said(business_day(seen.counted_at)),
        most=appeals.LONGEST_WORDS,
        **frame(her),
    )


@blueprint.get("/coming")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def coming_page() -> ResponseReturnValue:
    """Choose the half of a day in which she brings her pieces."""
    her = me()
    halves: dict[date, list[Half]] = {}
    for day, half in _open_halves(her):
        halves.setdefault(day, []).append(half)
    return render_template(
        "member/coming.html",
        halves=halves,
        comes=coming.coming_of(her.id, now=now()),
        **frame(her),
    )


@blueprint.post("/coming")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def say_coming() -> ResponseReturnValue:
    """Note when she comes, or that she does not come after all."""
    her, actor = me(), current_actor()
    chosen = request.form.get("when", "")
    if chosen == "not":
        coming.end(member_id=her.id, actor=actor, now=now())
        flash(_("Noted: you do not come."), "info")
        return redirect(url_for("member.first_page"))
    halves = _open_halves(her)
    when = next((one for one in halves if chosen == f"{one[0].isoformat()}-{one[1]}"), None)
    if when is None:
        raise NotOpenThen
    coming.say(
        member_id=her.id, on_day=when[0], half=when[1], halves=halves, actor=actor, now=now()
    )
    flash(_("Noted. Somebody is there for you on %(day)s.", day=day_said(when[0])), "success")
    return redirect(url_for("member.first_page"))


def _open_halves(her: MemberView) -> list[tuple[date, Half]]:
    seasons = stations.seasons({her.workshop_id}, after=today())
    return coming.open_halves(
        now(), holidays=workdays.china().holidays, seasons=[one.season for one in seasons]
    )
