"""A telephone number proved by a code while ordering, where the house asks for it.

The setting ``SHOP_VERIFY_PHONE`` says where: ``never``, ``pick_up`` (orders that keep goods from
others without any money) or ``always``. Nobody is asked for a code that cannot reach her: where no
text messages leave, or the number is not one of the mainland.
"""

from __future__ import annotations

from enum import StrEnum

from flask import current_app, session

from shop.accounts import codes
from shop.accounts.codes import CodeWrong
from shop.accounts.rules import ContactKind, contact_of
from shop.kernel.errors import NotFound
from shop.kernel.ids import secret_token
from shop.kernel.telling import CodePurpose
from shop.notifications import gateway as messages
from shop.notifications.rules import Channel
from shop.payments.rules import Method
from shop.web.access import now
from shop.web.filters import locale_name
from shop.web.limits import network_digest

TICKET = "order_ticket"
ASKED = "order_code"  # outside name of the code, the number it went to, what a demonstration shows
PROVEN = "proven_phone"


class VerifyPhone(StrEnum):
    """Which orders need a proved number."""

    NEVER = "never"
    PICK_UP = "pick_up"
    ALWAYS = "always"


def must_be_proved(phone: str, method: Method) -> bool:
    """Say whether this order needs a code first: asked for, possible, and not proved here yet."""
    wanted = current_app.config["SHOP"].verify_phone
    is_asked = wanted == VerifyPhone.ALWAYS or (
        wanted == VerifyPhone.PICK_UP and method is not Method.ONLINE
    )
    return is_asked and session.get(PROVEN) != phone and _can_be_sent(phone)


def _can_be_sent(phone: str) -> bool:
    try:
        kind, _number = contact_of(phone)
    except ValueError:
        return False
    return kind is ContactKind.PHONE and messages.sender(Channel.SMS) is not None


def is_on_its_way(phone: str) -> bool:
    """Say whether a code has been sent to this number from this browser."""
    return bool(session.get(ASKED)) and session[ASKED][1] == phone


def send(phone: str) -> None:
    """Send a code to a number. Raises TooManyCodes."""
    asked = codes.ask(
        contact=phone,
        ticket=str(session.setdefault(TICKET, secret_token())),
        network=network_digest(),
        locale=locale_name(),
        purpose=CodePurpose.CONFIRM_ORDER,
        now=now(),
    )
    # Only where nothing leaves: elsewhere the code would lie in the session for others to read.
    shown = asked.code if messages.is_demonstration() else ""
    session[ASKED] = [asked.public_id, phone, shown]


def shown_code() -> str:
    """Return the code that the demonstration shows on its page, or nothing."""
    asked = session.get(ASKED)
    return str(asked[2]) if asked and messages.is_demonstration() else ""


def prove(phone: str, typed: str) -> None:
    """Take a code for a number; from now on this browser orders with it. Raises CodeWrong."""
    asked = session.get(ASKED)
    if not asked or asked[1] != phone:
        raise CodeWrong
    try:
        codes.use(name=str(asked[0]), ticket=str(session.get(TICKET, "")), code=typed, now=now())
    except NotFound:
        raise CodeWrong from None
    session[PROVEN] = phone
    session.pop(ASKED, None)
