"""Telephone numbers as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import StopValidation

from shop.kernel.later import later

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = later("phonenumbers")

HOME_REGION = "CN"


def is_phone(form: FlaskForm, field: StringField) -> None:
    """Keep the number in the form that everybody dials; refuse what no telephone has."""
    del form
    try:
        number = phonenumbers.parse(field.data or "", HOME_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise StopValidation(
            _l("This is not a telephone number. A mobile number in China has 11 digits.")
        )
    is_ours = number.country_code == 86  # noqa: PLR2004 - China
    field.data = (
        str(number.national_number)
        if is_ours
        else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    )
