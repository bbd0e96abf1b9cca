"""Telephone numbers as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import StopValidation

from shop.accounts.rules import ContactKind, contact_of
from shop.kernel.later import later

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = later("phonenumbers")

HOME_REGION, HOME_CODE = "CN", 86


def dialled(text: str) -> str | None:
    """Return a telephone number as everybody here dials it, or None for what no telephone has."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if number.country_code == HOME_CODE:
        return str(number.national_number)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def is_phone(form: FlaskForm, field: StringField) -> None:
    """Keep the number in the form that everybody dials; refuse what no telephone has."""
    del form
    number = dialled(field.data or "")
    if number is None:
        raise StopValidation(
            _l("This is not a telephone number. A mobile number in China has 11 digits.")
        )
    field.data = number


def is_mailbox(form: FlaskForm, field: StringField) -> None:
    """Keep an e-mail address in one writing; refuse what no mailbox has."""
    del form
    try:
        kind, address = contact_of(field.data or "")
    except ValueError:
        kind, address = None, ""
    if kind is not ContactKind.EMAIL:
        raise StopValidation(_l("This is not an e-mail address. It looks like name@example.com."))
    field.data = address
