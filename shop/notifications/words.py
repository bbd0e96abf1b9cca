"""What each message says: the whole matter, what happens now, and what she can do about it.

Called in the reader's language; names nobody but the workshop, and carries no address of hers.
"""

from __future__ import annotations

from datetime import date

from flask_babel import get_locale, gettext

from shop.kernel import links
from shop.kernel.i18n import day_text, money_text, person_text
from shop.notifications.rules import SHORT, Kind, Letter
from shop.orders import queries as orders
from shop.orders.queries import OrderView, PartView
from shop.payments.queries import RefundFacts
from shop.reviews.rules import REASONS, HidingReason
from shop.stations.queries import WorkshopView


def _locale() -> str:
    return str(get_locale())


def _day(day: date) -> str:
    return day_text(day, locale=_locale())


def _short(kind: Kind, *, path: str = "", **parts: str) -> tuple[str, dict[str, str]]:
    """Return the text message and its blanks; a provider's template holds our address itself."""
    if not path:
        return gettext(SHORT[kind], **parts), parts
    said = gettext(SHORT[kind], **parts, link=links.absolute(path))
    return said, {**parts, "link": path.removeprefix("/")}


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


def paid(order: OrderView) -> Letter:
    """Say that the money has come and when each part leaves."""
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
        rows=_about(order),
        path=path,
        action=action,
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


def shipped(order: OrderView, part: PartView) -> Letter:
    """Say that a parcel left, with carrier and number."""
    short, parts = _short(
        Kind.SHIPPED, number=order.number, carrier=part.carrier, tracking=part.tracking
    )
    path, action = _follow(order)
    return Letter(
        kind=Kind.SHIPPED,
        short=short,
        title=gettext("Order %(number)s is on its way", number=order.number),
        paragraphs=(
            gettext("The parcel has left the village."),
            gettext("When it has come, say so on the order's page; the seven days begin then."),
        ),
        rows=(
            (gettext("Order"), order.number),
            (gettext("Carrier"), part.carrier),
            (gettext("Parcel number"), part.tracking),
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
