"""What is typed at the counter."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from shop.kernel.ids import secret_token
from shop.web.fields import MoneyField


class CashForm(FlaskForm):
    """The cash that a buyer puts down."""

    key = HiddenField(default=secret_token, validators=[Length(max=64)])
    given = MoneyField(
        _l("Cash given"), validators=[InputRequired(_l("Count what lies on the counter."))]
    )


class HandOverForm(FlaskForm):
    """Nothing to type: one button, pressed once."""

    key = HiddenField(default=secret_token, validators=[Length(max=64)])
