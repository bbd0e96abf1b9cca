"""Totals of one's own part of the tree, the lists behind them, a person only with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts import queries as accounts
from shop.earnings import queries as earnings
from shop.earnings.late import late_pay
from shop.earnings.rules import LATE_PAY_CLIMBS, Pot
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.oversight import lists
from shop.oversight import queries as oversight
from shop.oversight.queries import StationTotals
from shop.oversight.services import LONGEST_REASON, SHORTEST_REASON, look_at_person
from shop.stations import queries as stations
from shop.stations.queries import MemberView, StationView
from shop.stations.rules import Tier
from shop.web.access import current_actor, now, requires
from shop.web.earning_words import say
from shop.web.errors import form_status, refusals_on
from shop.web.oversight.forms import ReasonForm
from shop.web.oversight.income import latest_quarters
from shop.web.oversight.room import blueprint
from shop.web.oversight.spans import SPANS, Span, span

MOST_MEMBERS = 500
LINES_OF_A_POT = 12


def _scope() -> Scope:
    return current_actor().scope(Permission.SEE_OVERSIGHT)


def _span() -> Span:
    return span(request.args.get("span", ""), now=now())


def _frame(chosen: Span) -> dict[str, Any]:
    return {
        "span": chosen,
        "spans": SPANS,
        "on_time_days": oversight.PAY_WITHIN_DAYS,
        "quarters": latest_quarters(),
    }


@blueprint.get("")
@requires(Permission.SEE_OVERSIGHT)
def overview() -> ResponseReturnValue:
    """Show the place at which one's view begins, or the places when there are several."""
    places = oversight.own_places(_scope())
    if len(places) == 1:
        return _place_page(places[0].code)
    chosen = _span()
    below = oversight.places_with_totals(places, since=chosen.since, until=chosen.until, now=now())
    return render_template(
        "oversight/places.html",
        total=oversight.together(below),
        below=_below(below),
        **_late(_scope(), _lowest(places)),
        **_frame(chosen),
    )


@blueprint.get("/<string:code>")
@requires(Permission.SEE_OVERSIGHT)
def place(code: str) -> ResponseReturnValue:
    """Show one place of one's own part of the tree; any other is not there."""
    return _place_page(code)


def _place_page(code: str) -> ResponseReturnValue:
    chosen = _span()
    seen = oversight.overview(
        code, scope=_scope(), since=chosen.since, until=chosen.until, now=now()
    )
    workshops = lists.workshops_behind(seen.station, since=chosen.since, until=chosen.until)
    return render_template(
        "oversight/place.html",
        seen=seen,
        workshops=workshops if not seen.children else [],
        below=_below(seen.children),
        **_late(Scope((seen.station.path,)), seen.station.tier),
        **_frame(chosen),
    )


def _lowest(places: Iterable[StationView]) -> Tier:
    """Return the tier nearest to the workshops of the places at which one's view begins."""
    return min((one.tier for one in places), key=list(LATE_PAY_CLIMBS).index, default=Tier.COUNTY)


def _late(scope: Scope, tier: Tier) -> dict[str, Any]:
    """Return the workshops whose pay has been late for so long that this tier has to see it."""
    late = [one for one in late_pay(scope, now=now()) if one.reaches(tier)]
    return {
        "late_pay": late,
        "late_at": stations.workshops_by_id(one.workshop_id for one in late) if late else {},
    }


def _below(places: Iterable[StationTotals]) -> dict[str, Any]:
    """Return places that have workshops, and apart from them those that rest, with their sum."""
    listed = list(places)
    resting = [one for one in listed if not one.totals.workshops]
    return {
        "working": [one for one in listed if one.totals.workshops],
        "resting": resting,
        "resting_totals": oversight.together(resting),
    }


def _behind(code: str) -> dict[str, Any]:
    """Return a place and the way to it, for the lists behind its figures."""
    scope = _scope()
    station = lists.place(code, scope)
    return {"station": station, "way": lists.place_of_member(station.path, scope)}


@blueprint.get("/<string:code>/workshops")
@requires(Permission.SEE_OVERSIGHT)
def workshop_list(code: str) -> ResponseReturnValue:
    """List the workshops below a place with counts, without sums."""
    known, chosen = _behind(code), _span()
    return render_template(
        "oversight/workshops.html",
        workshops=lists.workshops_behind(known["station"], since=chosen.since, until=chosen.until),
        **known,
        **_frame(chosen),
    )


@blueprint.get("/<string:code>/members")
@requires(Permission.SEE_OVERSIGHT)
def member_list(code: str) -> ResponseReturnValue:
    """List the makers below a place: codes for all, names for whom may know them, no sums."""
    known = _behind(code)
    station: StationView = known["station"]
    below = Scope((station.path,))
    members = stations.members(below, most=MOST_MEMBERS)
    return render_template(
        "oversight/members.html",
        members=members,
        workshops=stations.workshops_by_id({one.workshop_id for one in members}),
        how_many=lists.member_count(station),
        shows_names=_may_name(station.path),
        **known,
    )


@blueprint.get("/<string:code>/orders")
@requires(Permission.SEE_OVERSIGHT)
def order_counts(code: str) -> ResponseReturnValue:
    """Show how many orders each workshop had and where their parts stand; no buyer, no sum."""
    known, chosen = _behind(code), _span()
    station: StationView = known["station"]
    return render_template(
        "oversight/orders.html",
        workshops=lists.workshops_behind(station, since=chosen.since, until=chosen.until),
        parts=lists.parts_by_state(station, since=chosen.since, until=chosen.until),
        **known,
        **_frame(chosen),
    )


def _may_name(path: str) -> bool:
    return current_actor().may(Permission.SEE_PERSON, at=path)


@blueprint.route("/members/<string:public_id>", methods=["GET", "POST"])
@requires(Permission.SEE_OVERSIGHT)
def person(public_id: str) -> ResponseReturnValue:
    """Ask why, write the reason down where she can read it, and only then show her page."""
    scope = _scope()
    member = stations.member_by_public_id(public_id, scope=scope)
    form = ReasonForm()
    if form.validate_on_submit():
        with refusals_on(form):
            look_at_person(
                member_public_id=public_id,
                reason=form.reason.data or "",
                actor=current_actor(),
                now=now(),
            )
            return render_template("oversight/person.html", **_her_page(member, scope))
    return (
        render_template(
            "oversight/reason.html",
            member=member,
            workshop=stations.workshop(member.workshop_id),
            way=lists.place_of_member(member.path, scope),
            shows_name=_may_name(member.path),
            form=form,
            shortest=SHORTEST_REASON,
            longest=LONGEST_REASON,
        ),
        form_status(form),
    )


def _her_page(member: MemberView, scope: Scope) -> dict[str, Any]:
    looks = lists.looks_at(member.id)
    return {
        "member": member,
        "workshop": stations.workshop(member.workshop_id),
        "way": lists.place_of_member(member.path, scope),
        "pots": earnings.pots(member.id, now=now()),
        "lines": [
            (line, say(line.sentence, today=business_day(now())))
            for pot in Pot
            for line in earnings.statement(member.id, pot=pot, now=now(), most=LINES_OF_A_POT)
        ],
        "looks": looks,
        "names": accounts.names_of(frozenset(one.by_id for one in looks if one.by_id is not None)),
    }
