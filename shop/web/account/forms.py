"""What people type to sign in and to change their password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from shop.accounts.rules import LONGEST_PASSWORD

LONGEST_LOGIN = 64


class SignInForm(FlaskForm):
    """Name or phone number, PIN or password, and where the person wanted to go."""

    login = StringField(
        _l("Phone number or staff name"),
        validators=[
            InputRequired(_l("Write your phone number or your staff name.")),
            Length(max=LONGEST_LOGIN, message=_l("That is longer than any name or number.")),
        ],
    )
    password = PasswordField(
        _l("PIN or password"),
        validators=[
            InputRequired(_l("Write your PIN or password.")),
            Length(max=LONGEST_PASSWORD, message=_l("That is longer than any password.")),
        ],
    )
    next = HiddenField()


class PasswordForm(FlaskForm):
    """The present PIN or password and, twice, the new one."""

    old = PasswordField(
        _l("Present PIN or password"),
        validators=[
            InputRequired(_l("Write your present PIN or password.")),
            Length(max=LONGEST_PASSWORD, message=_l("That is longer than any password.")),
        ],
    )
    new = PasswordField(
        _l("New PIN or password"),
        validators=[
            InputRequired(_l("Write the new one.")),
            Length(max=LONGEST_PASSWORD, message=_l("That is longer than any password.")),
        ],
    )
    again = PasswordField(
        _l("The new one again"), validators=[InputRequired(_l("Write the new one once more."))]
    )

    def validate_again(self, field: PasswordField) -> None:
        """Refuse two different new ones."""
        if field.data != self.new.data:
            raise ValidationError(_l("The two new ones differ."))
