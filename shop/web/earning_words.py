"""The sentence behind an amount, said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from shop.earnings.rules import Blank, PayChannel, PayoutState, Reasons, Sentence, Words
from shop.kernel.i18n import day_text, money_text
from shop.kernel.money import Money
from shop.web.filters import locale_name

_: Callable[..., str] = gettext  # Flask-Babel has no types
CHANNELS = {
    PayChannel.CASH: _l("Cash"),
    PayChannel.BANK: _l("Bank"),
    PayChannel.WECHAT: _l("WeChat"),
}
PAYOUT_STATES = {
    PayoutState.PENDING: _l("To be paid"),
    PayoutState.SENDING: _l("Waits for her to confirm"),
    PayoutState.PAID: _l("Paid out"),
    PayoutState.RETURNED: _l("Came back"),
    PayoutState.CARRIED: _l("Carried over to the next pay day"),
}


def say(sentence: Sentence, *, today: date) -> str:
    """Return a sentence as the page's language says it; ``today`` leaves this year's number out."""
    locale = locale_name()

    def filled(value: Blank) -> str:
        if isinstance(value, Money):
            return money_text(value)
        if isinstance(value, date):
            return day_text(value, locale=locale, today=today)
        if isinstance(value, Words):
            return value.en if locale == "en" else value.zh
        if isinstance(value, Reasons):
            return _(", ").join(filter(None, [*map(_, value.msgids), value.typed]))
        return str(value)

    blanks = {name: filled(value) for name, value in sentence.blanks.items()}
    return _(sentence.msgid, **blanks)


def channel_name(channel: PayChannel) -> str:
    """Return how money left, as a member reads it."""
    return {
        PayChannel.BANK: _("to your account"),
        PayChannel.CASH: _("in cash"),
        PayChannel.WECHAT: _("by WeChat"),
    }[channel]
