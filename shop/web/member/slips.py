"""Her pay slips, line by line, and what comes off her pay: she says yes or no to a deduction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shop.accounts import queries as accounts
from shop.earnings import adjustments, payees
from shop.earnings import queries as earnings
from shop.earnings.adjustments import AdjustmentView
from shop.earnings.queries import MySlip
from shop.earnings.rules import PayoutState
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.i18n import amount_in_words
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.earning_words import channel_name, say
from shop.web.member.frame import blueprint, day_said, frame, me, my_id, page_key, today, while_open
from shop.workflows import adjusting

_: Callable[..., str] = gettext  # Flask-Babel has no types
SLIPS_A_PAGE = 12


@dataclass(frozen=True, slots=True)
class SaidChange:
    """One adjustment as she reads it: its sentence, and who noted her yes for her."""

    one: AdjustmentView
    sentence: str
    noted_by: str


NO_CHANGES: dict[str, list[SaidChange]] = {"asked": [], "coming_off": []}


def changes_of_pay(member_id: int) -> dict[str, list[SaidChange]]:
    """Return what waits for her answer, and what the next runs take, for her first page."""
    shown = [
        one
        for one in adjustments.of_member(member_id)
        if one.is_hers_to_answer or one.left.minor > 0
    ]
    by = {one.id: one.decided_by_id for one in shown if one.on_behalf and one.decided_by_id}
    names = accounts.names_of(frozenset(by.values())) if by else {}
    said = [
        SaidChange(one, say(one.sentence, today=today()), names.get(by.get(one.id, 0), ""))
        for one in shown
    ]
    return {
        "asked": [one for one in said if one.one.is_hers_to_answer],
        "coming_off": [one for one in said if not one.one.is_hers_to_answer],
    }


@blueprint.post("/adjustments/<string:public_id>")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def answer_adjustment(public_id: str) -> ResponseReturnValue:
    """Say yes or no to something that would come off her pay."""
    one = adjustments.of_member_by_public_id(my_id(), public_id)
    if request.form.get("answer") == "yes":
        adjusting.agree(adjustment_id=one.id, actor=current_actor(), now=now())
        flash(_("You agree. It comes off with your next pay."), "success")
    else:
        adjustments.refuse(adjustment_id=one.id, words="", actor=current_actor(), now=now())
        flash(_("You do not agree: nothing is taken. The room talks with you about it."), "success")
    return redirect(url_for("member.first_page"))


@blueprint.get("/slips")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def slip_list() -> ResponseReturnValue:
    """Show her slips, the latest first: the day, the sum, whether she has it."""
    after = page_key(request.args.get("after", ""))
    slips = earnings.slips_of(my_id(), after=after, most=SLIPS_A_PAGE + 1)
    return render_template(
        "member/slips.html",
        slips=[(one, _when(one)) for one in slips[:SLIPS_A_PAGE]],
        after=slips[SLIPS_A_PAGE - 1].id if len(slips) > SLIPS_A_PAGE else None,
        account=payees.of_member(my_id()),
        **frame(me()),
    )


@blueprint.get("/slips/<string:public_id>")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def slip_page(public_id: str) -> ResponseReturnValue:
    """Show one slip: lines that add up to what is due, what came off, what she gets, in words."""
    her = me()
    slip = earnings.slip_of(her.id, public_id)
    zone = stations.station(her.station_id).time_zone
    lines = earnings.slip_lines(slip.id, zone=zone)
    taken = adjustments.taken_by([slip.id]).get(slip.id, [])
    return render_template(
        "member/slip.html",
        slip=slip,
        when=_when(slip),
        lines=[(one.amount, say(one.sentence, today=today())) for one in lines],
        taken=[(-part, say(one.sentence, today=today())) for part, one in taken],
        in_words=amount_in_words(slip.amount),
        **frame(her),
    )


def _when(slip: MySlip) -> str:
    if slip.state is PayoutState.PAID and slip.paid_at is not None:
        return _(
            "paid on %(day)s %(how)s",
            day=day_said(business_day(slip.paid_at)),
            how=channel_name(slip.channel),
        )
    if slip.state is PayoutState.SENDING:
        return _("sent by WeChat: please confirm it")
    if slip.pay_on < today():
        return _("Was due on %(day)s and is late: please ask", day=day_said(slip.pay_on))
    return _("comes on %(day)s", day=day_said(slip.pay_on))
