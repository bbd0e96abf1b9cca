"""The maker's first page and the lines behind each pot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shop.accounts import picture_pins, pins
from shop.accounts import queries as accounts_now
from shop.earnings import asking
from shop.earnings import queries as earnings
from shop.earnings.asking import Small
from shop.earnings.queries import EarningLine, Pots
from shop.earnings.rules import MINIMUM_PAYOUT, Pot, next_pay_day
from shop.kernel import voice
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.i18n import instant_text, person_text
from shop.notifications import queries as told_of
from shop.oversight.lists import looks_at
from shop.reviews import queries as voices
from shop.reviews.queries import Card
from shop.reviews.rules import PHRASES
from shop.stations import queries as stations
from shop.web.access import SIGN_IN_KEY, current_actor, now, public, requires
from shop.web.earning_words import channel_name, say
from shop.web.filters import locale_name
from shop.web.member.aloud import about_page
from shop.web.member.frame import blueprint, day_said, frame, my_id, page_key, today, while_open
from shop.web.member.slips import NO_CHANGES, changes_of_pay
from shop.web.member.work import on_first_page

_: Callable[..., str] = gettext  # Flask-Babel has no types
LANGUAGES = {"en": "en", "zh_Hans": "zh-Hans"}
LINES_FIRST = 5  # of each pot on the first page: with their sentences it stays under 40 KB
LINES_A_PAGE = 40
LOOKS_FIRST = 5
CARDS_FIRST = 3
TOLD_FIRST = 3
PIN_TOLD = timedelta(days=60)  # as long she reads that she was given a new one


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One amount as the page shows it: opened, it tells its sentence."""

    line: EarningLine
    when: str
    sentence: str


@blueprint.get("")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def first_page() -> ResponseReturnValue:
    """Show one number, its date, three pots, and the work that waits for her answer."""
    member_id = my_id()
    me = stations.member(member_id)
    workshop = stations.workshop(me.workshop_id)
    hers = earnings.overview(member_id, now=now(), most=LINES_FIRST + 1)
    small = asking.small_sum(member_id, now=now())
    cards = voices.cards_to(member_id, most=CARDS_FIRST)
    return render_template(
        "member/first_page.html",
        pots=hers.pots,
        when=_whens(hers.pots, small),
        lines={pot.value: _said(lines) for pot, lines in hers.lines.items()},
        lines_first=LINES_FIRST,
        aloud=about_page(workshop.slug, hers.pots, is_asked=small.is_asked),
        small=small,
        **on_first_page(member_id),
        last_opened=_last_opened(),
        looks=_looks(member_id),
        pin_given=_pin_given(member_id),
        borrowed_at=_borrowed_at(member_id),
        **(changes_of_pay(member_id) if hers.has_changes else NO_CHANGES),
        cards=_cards_said(cards.items),
        told_her=told_of.told(f"member:{member_id}", most=TOLD_FIRST),
        has_more_cards=cards.after is not None,
        **frame(me, workshop),
    )


def _looks(member_id: int) -> list[dict[str, str]]:
    """Return who above looked at her page lately, and why: nobody looks unseen (domain.md 2)."""
    looks = looks_at(member_id)[:LOOKS_FIRST]
    names = accounts_now.names_of(frozenset(one.by_id for one in looks if one.by_id is not None))
    return [
        {
            "when": instant_text(one.at, locale=locale_name()),
            "who": names.get(one.by_id or 0, ""),
            "reason": one.reason,
        }
        for one in looks
    ]


def _pin_given(member_id: int) -> str:
    """Return who gave her a new PIN and when, lately: nobody does it unseen."""
    given = pins.last_given(member_id)
    if given is None or given.given_at < now() - PIN_TOLD:
        return ""
    names = accounts_now.names_of(frozenset({given.asked_by_id, given.witness_id}))
    return _(
        "%(when)s you got a new PIN. %(name)s asked for it, %(witness)s was there.",
        when=instant_text(given.given_at, locale=locale_name()),
        name=names[given.asked_by_id],
        witness=names[given.witness_id],
    )


def _borrowed_at(member_id: int) -> str:
    at = picture_pins.shown_at(member_id)
    return instant_text(at, locale=locale_name()) if at is not None else ""


def _cards_said(cards: Iterable[Card]) -> list[dict[str, str]]:
    """Return what buyers wrote to her: for which piece and when, nothing about who or how much."""
    return [
        {
            "words": _(PHRASES[card.phrase]) if card.phrase is not None else card.text,
            "lang": "" if card.phrase is not None else LANGUAGES.get(card.locale, ""),
            "about": person_text(card.title, card.title_en, locale=locale_name()),
            "when": day_said(business_day(card.written_at)),
        }
        for card in cards
    ]


@blueprint.get("/cards")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def card_list() -> ResponseReturnValue:
    """Show every card that buyers sent her, the newest first."""
    member_id = my_id()
    me = stations.member(member_id)
    page = voices.cards_to(member_id, after=request.args.get("after"))
    return render_template(
        "member/cards.html",
        cards=_cards_said(page.items),
        after=page.after,
        **frame(me, stations.workshop(me.workshop_id)),
    )


@blueprint.get("/<any(sure, waiting, paid):pot>")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def pot_page(pot: str) -> ResponseReturnValue:
    """Show the amounts in one pot, the latest first, page by page."""
    member_id = my_id()
    me = stations.member(member_id)
    after = page_key(request.args.get("after", ""))
    lines = _said(
        earnings.statement(member_id, pot=Pot(pot), now=now(), after=after, most=LINES_A_PAGE + 1)
    )
    workshop = stations.workshop(me.workshop_id)
    return render_template(
        "member/pot.html",
        pot=pot,
        lines=lines[:LINES_A_PAGE],
        after=lines[LINES_A_PAGE - 1].line.id if len(lines) > LINES_A_PAGE else None,
        has_voice=voice.voice_for(workshop.slug) is not None,
        **frame(me, workshop),
    )


@blueprint.get("/closed")
@public
def closed() -> ResponseReturnValue:
    """Show nothing but the way back in."""
    return render_template("member/closed.html")


def _last_opened() -> str:
    at = accounts_now.last_opened(
        current_actor().user_id or 0, token=session[SIGN_IN_KEY], now=now()
    )
    return instant_text(at, locale=locale_name()) if at else ""


def _whens(pots: Pots, small: Small) -> dict[str, str]:
    return {
        "sure": _when_sure(pots, small),
        "waiting": _when_waiting(pots),
        "paid": _when_paid(pots),
    }


def _when_sure(pots: Pots, small: Small) -> str:
    if not pots.due:
        return _("The next pay day is %(day)s", day=day_said(next_pay_day(today())))
    first = pots.due[0]
    if first.is_late:
        return _("Was due on %(day)s and is late: please ask", day=day_said(first.pay_on))
    if pots.sure < MINIMUM_PAYOUT and small.is_asked:
        return _(
            "You asked for it: it comes with the next pay, %(day)s at the earliest.",
            day=day_said(next_pay_day(today())),
        )
    if pots.sure < MINIMUM_PAYOUT:
        return _(
            "Sums under 50 yuan wait for the next pay day, %(day)s at the earliest. "
            "Ask, and you get it all the same.",
            day=day_said(first.pay_on),
        )
    if len(pots.due) > 1:
        return _(
            "In %(count)s parts, the first on %(day)s",
            count=len(pots.due),
            day=day_said(first.pay_on),
        )
    return _("You get it on %(day)s", day=day_said(first.pay_on))


def _when_waiting(pots: Pots) -> str:
    if not pots.waiting:
        return _("Nothing is waiting")
    if pots.waiting_until is None:
        return _("Until buyers have had their goods for seven days")
    return _("Until %(day)s, when goods can no longer come back", day=day_said(pots.waiting_until))


def _when_paid(pots: Pots) -> str:
    if pots.last_paid_on is None:
        return _("Nothing has been paid out yet")
    return _("Last on %(day)s", day=day_said(pots.last_paid_on))


def _said(lines: list[EarningLine]) -> list[SaidLine]:
    day = today()
    return [
        SaidLine(line=line, when=_when(line), sentence=say(line.sentence, today=day))
        for line in lines
    ]


def _when(line: EarningLine) -> str:
    if line.paid_on is not None and line.channel is not None:
        return _(
            "paid on %(day)s %(how)s", day=day_said(line.paid_on), how=channel_name(line.channel)
        )
    if line.pay_on is not None:
        return _("comes on %(day)s", day=day_said(line.pay_on))
    return _("waits until the buyer has had it for seven days")
