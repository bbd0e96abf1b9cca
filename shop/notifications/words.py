"""What each message says: the whole matter, what happens now, and what she can do about it.

Called in the reader's language; names nobody but the workshop, and carries no address of hers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import get_locale, gettext, ngettext

from shop.bookings.queries import BookingView, SessionView
from shop.claims.rules import ClaimState
from shop.kernel import links
from shop.kernel.i18n import N_, day_text, instant_text, money_text, person_text
from shop.notifications.rules import SHORT, Kind, Letter
from shop.orders import queries as orders
from shop.orders.queries import OrderView, ParcelView, PartView
from shop.orders.rules import said_pick_up_code
from shop.payments.queries import RefundFacts
from shop.reviews.rules import REASONS, HidingReason
from shop.stations.queries import WorkshopView


@dataclass(frozen=True, slots=True)
class Seat:
    """A booking as messages name it: what, when in words, and its code."""

    title: str
    moment: str
    code: str

    @property
    def path(self) -> str:
        """Return the page of the booking."""
        return f"/bookings/{self.code}"


def seat(booking: BookingView, session: SessionView) -> Seat:
    """Return how a booking is called in the reader's language."""
    return Seat(
        title=person_text(session.title, session.title_en, locale=_locale()),
        moment=instant_text(session.starts_at, locale=_locale()),
        code=booking.code,
    )


def _locale() -> str:
    return str(get_locale())


def _day(day: date) -> str:
    # Read within weeks: the year would only lengthen it.
    return day_text(day, locale=_locale(), today=day)


def _short(kind: Kind, *, path: str = "", **parts: str) -> tuple[str, dict[str, str]]:
    """Return the text message and its blanks; a provider's template holds our address itself."""
    if not path:
        return gettext(SHORT[kind], **parts), parts
    said = gettext(SHORT[kind], **parts, link=links.absolute(path))
    return said, {**parts, "link": path.removeprefix("/")}


def templates() -> list[tuple[Kind, str]]:
    """Return every text message as a provider keeps it, its blanks as ``${name}``."""
    site = links.absolute("/")

    def blank(match: re.Match[str]) -> str:
        return f"{site}${{link}}" if match[1] == "link" else f"${{{match[1]}}}"

    return [(kind, re.sub(r"%\((\w+)\)s", blank, gettext(SHORT[kind]))) for kind in Kind]


def _follow(order: OrderView) -> tuple[str, str]:
    return orders.path_for_buyer(order.number), gettext("Follow this order")


def _about(order: OrderView) -> tuple[tuple[str, str], ...]:
    """Return what an order is, as rows to look up: number, what is in it, sum."""
    english = _locale().startswith("en")
    goods = [
        (line.title_en or line.title if english else line.title, line.quantity)
        for line in order.lines
    ]
    return (
        (gettext("Order"), order.number),
        *((title, f"× {quantity}") for title, quantity in goods),
        (gettext("Together"), money_text(order.total)),
    )


def paid(order: OrderView, seats: Sequence[Seat] = ()) -> Letter:
    """Say that the money has come, when each part leaves, and which seats are theirs."""
    last = max(part.promised_on for part in order.parts)
    short, parts = _short(
        Kind.PAID, number=order.number, total=money_text(order.total), day=_day(last)
    )
    path, action = _follow(order)
    return Letter(
        kind=Kind.PAID,
        short=short,
        title=gettext("Order %(number)s is paid", number=order.number),
        paragraphs=(
            gettext("Thank you. The money has come and your order stands."),
            gettext("It leaves the village by %(day)s. We tell you when it does.", day=_day(last)),
            gettext("On its page you see every step, and what you can do."),
        ),
        rows=(*_about(order), *((one.title, f"{one.moment} · {one.code}") for one in seats)),
        path=path,
        action=action,
        parts=parts,
    )


def placed(order: OrderView, workshop: WorkshopView) -> Letter:
    """Say that an order stands which is fetched and paid at the counter."""
    place = person_text(workshop.name, workshop.name_en, locale=_locale())
    day = _day(max(part.promised_on for part in order.parts))
    short, parts = _short(
        Kind.PLACED,
        number=order.number,
        workshop=place,
        day=day,
        total=money_text(order.total),
    )
    path, action = _follow(order)
    return Letter(
        kind=Kind.PLACED,
        short=short,
        title=gettext("Order %(number)s stands", number=order.number),
        paragraphs=(
            gettext("Thank you. We put everything ready for you."),
            gettext(
                "You can fetch it at %(workshop)s from %(day)s; you pay there.",
                workshop=place,
                day=day,
            ),
            gettext("Bring the order's number and its six-digit code."),
        ),
        rows=_about(order),
        path=path,
        action=action,
        parts=parts,
    )


def booked(order: OrderView, seats: Sequence[Seat]) -> Letter:
    """Say that seats are paid and theirs, for an order of nothing else."""
    first = seats[0]
    short, parts = _short(
        Kind.BOOKED,
        title=first.title,
        moment=first.moment,
        number=order.number,
        total=money_text(order.total),
    )
    return Letter(
        kind=Kind.BOOKED,
        short=short,
        title=gettext("Booked: %(title)s", title=first.title),
        paragraphs=(
            gettext("Thank you. The money has come and the seats are yours."),
            gettext("The way, the meeting point and what to bring stand on the booking's page."),
        ),
        rows=(*_about(order), *((seat.title, f"{seat.moment} · {seat.code}") for seat in seats)),
        path=first.path,
        action=gettext("See the booking"),
        parts=parts,
    )


def cancelled(order: OrderView) -> Letter:
    """Say that an unpaid order was ended by a person."""
    short, parts = _short(Kind.CANCELLED, number=order.number)
    path, action = _follow(order)
    return Letter(
        kind=Kind.CANCELLED,
        short=short,
        title=gettext("Order %(number)s is cancelled", number=order.number),
        paragraphs=(gettext("Nothing was charged, and nothing is held for you any more."),),
        rows=_about(order),
        path=path,
        action=action,
        parts=parts,
    )


def ready(order: OrderView, part: PartView, workshop: WorkshopView) -> Letter:
    """Say that a part lies packed at the counter, and by which code it is fetched."""
    place = person_text(workshop.name, workshop.name_en, locale=_locale())
    code = said_pick_up_code(part.pick_up_code or "")
    short, parts = _short(Kind.READY, number=order.number, workshop=place, code=code)
    path, action = _follow(order)
    where = person_text(workshop.address, workshop.address_en, locale=_locale())
    return Letter(
        kind=Kind.READY,
        short=short,
        title=gettext("Order %(number)s is ready to fetch", number=order.number),
        paragraphs=(
            gettext("It lies ready for you at %(workshop)s.", workshop=place),
            gettext("Show the pick-up code at the counter. Whoever shows it gets the goods, once."),
        ),
        rows=(
            (gettext("Pick-up code"), code),
            (gettext("Order"), order.number),
            (gettext("Where"), where or place),
            *(((gettext("Telephone"), workshop.phone),) if workshop.phone else ()),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def late(order: OrderView, part: PartView, workshop: WorkshopView) -> Letter:
    """Say that a part has not left by its promised day, and that she may step back."""
    short, parts = _short(Kind.LATE, number=order.number, day=_day(part.promised_on))
    path, action = _follow(order)
    return Letter(
        kind=Kind.LATE,
        short=short,
        title=gettext("Order %(number)s is late", number=order.number),
        paragraphs=(
            gettext(
                "We promised that it leaves by %(day)s, and it has not. We are sorry.",
                day=_day(part.promised_on),
            ),
            gettext("It is made by hand, and it will come: we tell you as soon as it leaves."),
            gettext("If you would rather not wait, you may have all your money back. Ring us."),
        ),
        rows=(
            (gettext("Order"), order.number),
            (
                gettext("Workshop"),
                person_text(workshop.name, workshop.name_en, locale=_locale()),
            ),
            *(((gettext("Telephone"), workshop.phone),) if workshop.phone else ()),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def refund_comes(order: OrderView, refund: RefundFacts) -> Letter:
    """Say that money is on its way back, and how long that takes."""
    short, parts = _short(Kind.REFUND_COMES, number=order.number, total=money_text(refund.amount))
    path, action = _follow(order)
    return Letter(
        kind=Kind.REFUND_COMES,
        short=short,
        title=gettext("Your money goes back"),
        paragraphs=(
            gettext("It goes back the way you paid, within 7 days. You need not do anything."),
        ),
        rows=(
            (gettext("Order"), order.number),
            (gettext("Sum"), money_text(refund.amount)),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def refunded(order: OrderView, refund: RefundFacts) -> Letter:
    """Say that money has gone back."""
    short, parts = _short(Kind.REFUNDED, number=order.number, total=money_text(refund.amount))
    path, action = _follow(order)
    return Letter(
        kind=Kind.REFUNDED,
        short=short,
        title=gettext("Your money has gone back"),
        paragraphs=(gettext("It went the way you paid. A bank may take a few days to show it."),),
        rows=(
            (gettext("Order"), order.number),
            (gettext("Sum"), money_text(refund.amount)),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def session_cancelled(order: OrderView, seat: Seat) -> Letter:
    """Say that a session is called off and that all money goes back."""
    short, parts = _short(Kind.SESSION_CANCELLED, title=seat.title, moment=seat.moment)
    path, action = _follow(order)
    return Letter(
        kind=Kind.SESSION_CANCELLED,
        short=short,
        title=gettext("Called off: %(title)s", title=seat.title),
        paragraphs=(
            gettext("We had to call this session off. We are sorry."),
            gettext("All you paid for it goes back the way you paid. You need not do anything."),
            gettext("There are other days; we would be glad to see you."),
        ),
        rows=(
            (gettext("Session"), seat.title),
            (gettext("When"), seat.moment),
            (gettext("Order"), order.number),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def reminder(order: OrderView, seat: Seat) -> Letter:
    """Remind a guest the day before."""
    short, parts = _short(Kind.REMINDER, title=seat.title, moment=seat.moment, code=seat.code)
    return Letter(
        kind=Kind.REMINDER,
        short=short,
        title=gettext("Soon: %(title)s", title=seat.title),
        paragraphs=(
            gettext("We look forward to seeing you."),
            gettext("The way, the meeting point and what to bring stand on the booking's page."),
            gettext("You cannot come? Ring us, so that somebody else gets the seats."),
        ),
        rows=(
            (gettext("When"), seat.moment),
            (gettext("Code"), seat.code),
            (gettext("Order"), order.number),
        ),
        path=seat.path,
        action=gettext("See the booking"),
        parts=parts,
    )


def pay_ready(pay_on: date) -> Letter:
    """Say to a maker that her slip is ready; no sum, for telephones are shared (domain.md 8)."""
    short, parts = _short(Kind.PAY_READY, day=_day(pay_on))
    return Letter(
        kind=Kind.PAY_READY,
        short=short,
        title=gettext("Your pay slip is ready"),
        paragraphs=(
            gettext("Pay day is %(day)s.", day=_day(pay_on)),
            gettext("Every piece and every sum stands on the slip. Ask if anything is unclear."),
        ),
        rows=((gettext("Pay day"), _day(pay_on)),),
        path="/member",
        action=gettext("Open my page"),
        parts=parts,
    )


def account_changed(phone: str) -> Letter:
    """Say to a maker that her pay goes elsewhere now; no number, for telephones are shared."""
    short, parts = _short(Kind.ACCOUNT_CHANGED, phone=phone)
    return Letter(
        kind=Kind.ACCOUNT_CHANGED,
        short=short,
        title=gettext("Your pay goes to another bank account"),
        paragraphs=(
            gettext("Two colleagues wrote it down from your card. Which one it is says your page."),
            gettext("Was it not you? Ring us at once: %(phone)s", phone=phone),
        ),
        rows=(),
        path="/member/slips",
        action=gettext("Open my page"),
        parts=parts,
    )


def deduction_asked() -> Letter:
    """Say to a maker that a deduction waits for her answer; no sum, for telephones are shared."""
    short, parts = _short(Kind.DEDUCTION_ASKED)
    return Letter(
        kind=Kind.DEDUCTION_ASKED,
        short=short,
        title=gettext("We ask for your yes or no"),
        paragraphs=(
            gettext("Somebody noted a tool or material that is missing. Its paper is named there."),
            gettext("Nothing is taken from your pay before you have said yes."),
        ),
        rows=(),
        path="/member",
        action=gettext("Open my page"),
        parts=parts,
    )


def expired(order: OrderView) -> Letter:
    """Say that nothing is held any more and nothing was charged."""
    short, parts = _short(Kind.EXPIRED, number=order.number)
    return Letter(
        kind=Kind.EXPIRED,
        short=short,
        title=gettext("Order %(number)s has ended unpaid", number=order.number),
        paragraphs=(
            gettext("It was not paid within 15 minutes. Nothing was charged, nothing is held."),
            gettext("If you still want it, put it into the cart again."),
        ),
        rows=_about(order),
        path="/goods",
        action=gettext("Look at the goods"),
        parts=parts,
    )


def shipped(
    order: OrderView, part: PartView, parcel: ParcelView, *, is_corrected: bool = False
) -> Letter:
    """Say that a parcel left, with carrier and number, and whether more is to come.

    is_corrected    a wrong number was told before.
    """
    short, parts = _short(
        Kind.SHIPPED, number=order.number, carrier=parcel.carrier, tracking=parcel.tracking
    )
    path, action = _follow(order)
    rest = sum(line.here for line in part.lines)
    return Letter(
        kind=Kind.SHIPPED,
        short=short,
        title=gettext("Order %(number)s is on its way", number=order.number),
        paragraphs=(
            gettext("The number we told you was wrong, and we are sorry. This is the right one.")
            if is_corrected
            else gettext("The parcel has left us.")
            if not rest
            else ngettext(
                "This parcel has left us; %(num)s more piece follows.",
                "This parcel has left us; %(num)s more pieces follow.",
                rest,
            ),
            gettext("When it has come, say so on the order's page.")
            + " "
            + gettext("The seven days begin when all of it is with you."),
        ),
        rows=(
            (gettext("Order"), order.number),
            (gettext("Carrier"), parcel.carrier),
            (gettext("Parcel number"), parcel.tracking),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def came_back(order: OrderView, parcel: ParcelView) -> Letter:
    """Say that a parcel came back unopened, and that nothing is lost by it."""
    short, parts = _short(Kind.CAME_BACK, number=order.number)
    path, action = _follow(order)
    return Letter(
        kind=Kind.CAME_BACK,
        short=short,
        title=gettext("A parcel came back to us"),
        paragraphs=(
            gettext("The carrier could not hand it over. It lies with us unopened."),
            gettext("We ring you: it can be sent again, or your money goes back."),
        ),
        rows=(
            (gettext("Order"), order.number),
            (gettext("Parcel number"), parcel.tracking),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def cash_waits(order: OrderView, refund: RefundFacts, workshop: WorkshopView) -> Letter:
    """Say that money waits in cash, because it could not go back as it came."""
    place = person_text(workshop.name, workshop.name_en, locale=_locale())
    short, parts = _short(
        Kind.CASH_WAITS, number=order.number, total=money_text(refund.amount), workshop=place
    )
    path, action = _follow(order)
    return Letter(
        kind=Kind.CASH_WAITS,
        short=short,
        title=gettext("Your money waits in cash"),
        paragraphs=(
            gettext("It could not go back the way you paid, so it waits for you in cash."),
            gettext("Bring the order's number and its six-digit code."),
        ),
        rows=(
            (gettext("Order"), order.number),
            (gettext("Sum"), money_text(refund.amount)),
            (gettext("Where"), place),
        ),
        path=path,
        action=action,
        parts=parts,
    )


def how_is_it(order: OrderView, path: str) -> Letter:
    """Ask how the goods are, a week after they came."""
    short, parts = _short(Kind.HOW_IS_IT, path=path, number=order.number)
    return Letter(
        kind=Kind.HOW_IS_IT,
        short=short,
        title=gettext("How is what you bought?"),
        paragraphs=(
            gettext("It has been with you for a week. Tell the next buyer how it is."),
            gettext("Two sentences are enough. You may send the maker a card of thanks too."),
        ),
        rows=((gettext("Order"), order.number),),
        path=path,
        action=gettext("Say how it is"),
        parts=parts,
        is_essential=False,
    )


def review_answered(path: str) -> Letter:
    """Say that the workshop answered a review."""
    short, parts = _short(Kind.REVIEW_ANSWERED, path=path)
    return Letter(
        kind=Kind.REVIEW_ANSWERED,
        short=short,
        title=gettext("The workshop has answered your review"),
        paragraphs=(gettext("The answer stands below your words."),),
        path=path,
        action=gettext("Read the answer"),
        parts=parts,
        is_essential=False,
    )


CLAIMS = {
    ClaimState.REPLACED: N_("The workshop sends it anew."),
    ClaimState.REFUSED: N_("The workshop has answered, and said no."),
    ClaimState.UPHELD: N_("Another person of the station looked, and said no."),
    ClaimState.DIRECTED: N_("The town says you are right; the workshop makes it good."),
    ClaimState.ENDED: N_("The town looked, and says the workshop is right."),
}


def claim_moved(order: OrderView, state: ClaimState, why: str) -> Letter:
    """Say what became of what a buyer brought forward, and where she can go if not content."""
    outcome = gettext(CLAIMS[state])
    short, parts = _short(Kind.CLAIM_MOVED, number=order.number, outcome=outcome)
    path, action = _follow(order)
    higher = {
        ClaimState.REFUSED: gettext("If you are not content, another person of the station looks."),
        ClaimState.UPHELD: gettext("If you are not content, the town looks."),
    }
    return Letter(
        kind=Kind.CLAIM_MOVED,
        short=short,
        title=gettext("About order %(number)s", number=order.number),
        paragraphs=tuple(filter(None, (outcome, why, higher.get(state, "")))),
        rows=_about(order),
        path=path,
        action=action,
        parts=parts,
    )


def review_hidden(reason: HidingReason, path: str) -> Letter:
    """Say that words are hidden, why, and where one can object."""
    why = gettext(REASONS[reason])
    short, parts = _short(Kind.REVIEW_HIDDEN, path=path, reason=why)
    return Letter(
        kind=Kind.REVIEW_HIDDEN,
        short=short,
        title=gettext("The words of your review are hidden"),
        paragraphs=(
            gettext("They are hidden because %(reason)s. Your stars count.", reason=why),
            gettext("You can object; the town looks at it, not the workshop."),
        ),
        path=path,
        action=gettext("Read the reason and object"),
        parts=parts,
    )


def hiding_ended(path: str, *, is_upheld: bool, ending: str) -> Letter:
    """Say what became of the hiding of a review."""
    said = (
        gettext("The town looked at your objection; your words stay hidden.")
        if is_upheld
        else gettext("The words of your review can be read again.")
    )
    short, parts = _short(
        Kind.HIDING_ENDED, path=path, outcome=" ".join(one for one in (said, ending) if one)
    )
    return Letter(
        kind=Kind.HIDING_ENDED,
        short=short,
        title=gettext("About your review"),
        paragraphs=tuple(one for one in (said, ending) if one),
        path=path,
        action=gettext("Look at your review"),
        parts=parts,
    )


def question_answered(title: str, path: str) -> Letter:
    """Say that the answer to a question stands."""
    short, parts = _short(Kind.QUESTION_ANSWERED, path=path, title=title)
    return Letter(
        kind=Kind.QUESTION_ANSWERED,
        short=short,
        title=gettext("Your question is answered"),
        paragraphs=(gettext("You asked about “%(title)s”. The answer stands.", title=title),),
        path=path,
        action=gettext("Read the answer"),
        parts=parts,
        is_essential=False,
    )
