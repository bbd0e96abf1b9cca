"""What she may ask for: a small sum now instead of later."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shop.earnings import asking
from shop.earnings.rules import next_pay_day
from shop.kernel.access import Permission
from shop.web.access import current_actor, now, requires
from shop.web.filters import show_money
from shop.web.member.frame import blueprint, day_said, my_id, today, while_open

_: Callable[..., str] = gettext  # Flask-Babel has no types


@blueprint.post("/money")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def ask_for_money() -> ResponseReturnValue:
    """Have a sum that would wait because it is small in the next pay run."""
    amount = asking.ask(member_id=my_id(), actor=current_actor(), now=now())
    flash(
        _(
            "You asked for %(sum)s. It comes with the next pay, %(day)s at the earliest.",
            sum=show_money(amount),
            day=day_said(next_pay_day(today())),
        ),
        "success",
    )
    return redirect(url_for("member.first_page"))
