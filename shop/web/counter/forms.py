"""What is typed at the counter."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired, Length

from shop.kernel.ids import secret_token
from shop.web.fields import MoneyField, TextField


class CashForm(FlaskForm):
    """The cash that a buyer puts down."""

    key = HiddenField(default=secret_token, validators=[Length(max=64)])
    given = MoneyField(
        _l("Cash given"), validators=[InputRequired(_l("Count what lies on the counter."))]
    )


class HandOverForm(FlaskForm):
    """By what the buyer is known, and a photograph of what she signed."""

    key = HiddenField(default=secret_token, validators=[Length(max=64)])
    code = TextField(_l("Pick-up code"), validators=[Length(max=20)])
    was_asked = BooleanField(_l("She has no code: I asked for her name and phone."))
