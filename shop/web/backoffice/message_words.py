"""What went wrong with a message and what one does about it, in words of people."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shop.notifications.desk import SendingRow
from shop.notifications.post import FORGOTTEN, NOT_NEEDED, OTHER_WAY, TOO_LATE
from shop.notifications.rules import Channel, SendingState

CHANNELS = {
    Channel.SMS: (_l("Text message"), "phone"),
    Channel.EMAIL: (_l("E-mail"), "globe"),
    Channel.PERSON: (_l("In person"), "users"),
}
STATES = {
    SendingState.WAITING: ("waiting", _l("On its way")),
    SendingState.CLAIMED: ("waiting", _l("On its way")),
    SendingState.IN_RESERVE: ("neutral", _l("In reserve")),
    SendingState.TO_TELL: ("waiting", _l("To tell in person")),
    SendingState.SENT: ("sure", _l("Sent")),
    SendingState.DEAD: ("danger", _l("Did not arrive")),
    SendingState.GIVEN_UP: ("neutral", _l("Given up")),
    SendingState.TOLD: ("sure", _l("Told in person")),
    SendingState.LAPSED: ("neutral", _l("Not needed any more")),
}
# The beginning of what was kept -> what it means and what to do.
WHY = (
    ("SMTP 552", _l("The mailbox is full. Ring her, or try again tomorrow.")),
    ("SMTP 55", _l("There is no such mailbox. Often a letter is wrong: ask her.")),
    ("SMTP 535", _l("Our own mail server refuses us. Tell the operator, then try again.")),
    ("SMTP 4", _l("The mail server put us off again and again. Try once more.")),
    ("SMS isv.MOBILE_NUMBER_ILLEGAL", _l("There is no such number. Often a digit is wrong.")),
    ("not a mobile number", _l("This is no mobile number, so it takes no text messages.")),
    ("SMS isv.BLACK", _l("She has blocked text messages. Ring her.")),
    ("SMS isv.BUSINESS_LIMIT", _l("Too many messages to this number in one day. Try tomorrow.")),
    ("SMS ", _l("The SMS provider refused it. Tell the operator, then try again.")),
    ("no SMS", _l("The SMS provider could not be reached for hours. Try again.")),
    ("no mail", _l("The mail server could not be reached for hours. Try again.")),
    (
        "the mail server cannot",
        _l("The mail server cannot write to this address. Ask for another."),
    ),
    ("the mail server", _l("The mail server did not work as it should. Try again.")),
    ("nobody sends", _l("No sender is set up for this. Tell the operator.")),
)
REASONS = {
    OTHER_WAY: _l("She is told another way."),
    TOO_LATE: _l("It was too late to be of use."),
    NOT_NEEDED: _l("It arrived the first way."),
    FORGOTTEN: _l("Her address was deleted as it had served."),
}


def why_said(error: str) -> str:
    """Return why a message did not arrive, and what one does about it."""
    for beginning, words in WHY:
        if error.startswith(beginning):
            return str(words)
    return str(_("It could not be delivered."))


def what_next(row: SendingRow) -> str:
    """Return what became of a message beyond its state, or nothing."""
    if row.reason:
        return str(REASONS.get(row.reason, row.reason))
    return why_said(row.error) if row.error else ""
