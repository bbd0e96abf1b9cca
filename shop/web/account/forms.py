"""What people type to sign in and to change their password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from shop.accounts.rules import LONGEST_CONTACT, LONGEST_PASSWORD
from shop.web.fields import TextField
from shop.web.phones import is_phone
from shop.web.place_field import PlaceField

LONGEST_LOGIN = 64
LONGEST_CODE = 40  # with whatever a person types between the digits


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


class CodeForm(FlaskForm):
    """Where a buyer wants her code sent, and where she was going."""

    contact = StringField(
        _l("Mobile number or e-mail"),
        validators=[
            InputRequired(_l("Write your mobile number or your e-mail address.")),
            Length(max=LONGEST_CONTACT, message=_l("That is longer than any number or address.")),
        ],
    )
    next = HiddenField()


class TypedCodeForm(FlaskForm):
    """The code that came, and whether this device is the buyer's own."""

    code = StringField(
        _l("Your code"),
        validators=[
            InputRequired(_l("Write the six digits that we sent you.")),
            Length(max=LONGEST_CODE, message=_l("A code has six digits.")),
        ],
    )
    own_device = BooleanField(_l("This is my own device: keep me signed in for thirty days"))
    next = HiddenField()


class NumberForm(FlaskForm):
    """The number that a telephone shows now, or a recovery code."""

    number = StringField(
        _l("Number on your telephone"),
        validators=[
            InputRequired(_l("Write the six digits that your telephone shows now.")),
            Length(max=LONGEST_CODE, message=_l("That is longer than any number or code.")),
        ],
    )


class ClaimForm(FlaskForm):
    """What proves that an order is hers: the number it was given, and its code."""

    phone = StringField(
        _l("Phone number"),
        validators=[
            InputRequired(_l("The number you gave with the order.")),
            is_phone,
        ],
    )
    code = StringField(
        _l("Code of the order"),
        validators=[
            InputRequired(_l("Six digits; they stand on the page after the order.")),
            Length(max=LONGEST_CODE, message=_l("A code has six digits.")),
        ],
    )


class NewPasswordForm(FlaskForm):
    """A password for who had none or proved by other means who she is, typed twice."""

    new = PasswordField(
        _l("New password"),
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


class NameForm(FlaskForm):
    """How a buyer wants to be called in her account."""

    name = TextField(
        _l("What shall we call you?"),
        validators=[Length(max=60, message=_l("60 signs at most."))],
    )


class AddressForm(FlaskForm):
    """Where parcels go."""

    name = TextField(
        _l("Name"),
        validators=[
            InputRequired(_l("Who gets the parcel?")),
            Length(max=60, message=_l("60 signs at most.")),
        ],
    )
    phone = StringField(
        _l("Phone number"),
        validators=[InputRequired(_l("The carrier rings there.")), is_phone],
    )
    place = PlaceField(_l("Where to"))
    region = TextField(
        _l("Country or province, city, county"),
        validators=[Length(max=80, message=_l("At most 80 characters."))],
    )
    address = TextField(
        _l("Street, house, room"),
        validators=[
            InputRequired(_l("Where does the parcel go?")),
            Length(max=200, message=_l("200 signs at most.")),
        ],
    )
    is_default = BooleanField(_l("Take this one first"))

    def validate_place(self, field: PlaceField) -> None:
        """Ask for the county, or for words where the place is in no list."""
        if not field.is_whole:
            raise ValidationError(_l("Please choose down to the county."))

    def validate_region(self, field: TextField) -> None:
        """Ask for words where the place is in no list."""
        if self.place.is_free and not field.text:
            raise ValidationError(_l("Write country or province, and the place."))

    @property
    def region_said(self) -> str:
        """Return the place in words, picked or written."""
        return self.region.text if self.place.is_free else self.place.names


class PlainForm(FlaskForm):
    """A button, and whatever problem there is with what it does."""


class ConfirmForm(FlaskForm):
    """The password, for who has one, and where she was going."""

    password = PasswordField(
        _l("PIN or password"),
        validators=[
            InputRequired(_l("Write your PIN or password.")),
            Length(max=LONGEST_PASSWORD, message=_l("That is longer than any password.")),
        ],
    )
    next = HiddenField()


class CloseForm(FlaskForm):
    """The second step of closing an account."""

    sure = BooleanField(
        _l("I have read this, and I want my account closed"),
        validators=[InputRequired(_l("Tick this if you are sure."))],
    )
