"""What buyers fill in. A wrong form comes back with every value and one sentence per field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import (
    AnyOf,
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from shop.catalog.options import Chosen, CustomOption, WishRefused, choose, written
from shop.invoices.rules import LONGEST_TITLE, InvoiceWish, TitleKind, is_tax_number
from shop.kernel.money import Money
from shop.orders.rules import MOST_GIFT_WORDS, Contact, Handover
from shop.payments.rules import Method
from shop.web.buyers import no_return_words
from shop.web.fields import CountField, plain
from shop.web.origin import OpenForm
from shop.web.phones import is_mailbox, is_phone
from shop.web.place_field import PlaceField
from shop.workflows.quoting import Quote
from shop.workflows.selling import may_be_transferred

MOST_PIECES = 99
MOST_SEATS = 12
LONGEST_REGION = 120


def trimmed(text: str | None) -> str | None:
    """Return what was typed without blanks around it and without signs that nobody can type."""
    if not text:
        return text
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n").strip()


def capitals(text: str | None) -> str | None:
    """Return what was typed without any blanks, in plain capitals."""
    return "".join(plain(text).split()).upper() if text else text


def plain_digits(text: str | None) -> str | None:
    """Return what was typed without any blanks, full-width digits made plain."""
    return "".join(plain(text).split()) if text else text


WISH_WORDS = {
    "long": _l("That is more than the weave has room for."),
    "signs": _l("Chinese characters, Latin letters and digits can be woven; nothing else."),
    "number": _l("Write a length in centimetres, such as 23.5."),
    "bounds": _l("Outside of what can be woven, or between two steps."),
    "gone": _l("This is no longer offered. Choose again."),
}


class GoodsForm(OpenForm):
    """Which variant, how many, and what is to be woven in."""

    variant = HiddenField()
    quantity = CountField(
        _l("How many"),
        default=1,
        validators=[
            InputRequired(_l("Say how many.")),
            NumberRange(1, MOST_PIECES, _l("Between 1 and 99; for more, ring the workshop.")),
        ],
    )

    def __init__(self, *args: Any, options: Sequence[CustomOption] = (), **kwargs: Any) -> None:
        """Take the questions that this product asks; each may stay unanswered."""
        super().__init__(*args, **kwargs)
        self.options = options
        self.typed = {option.key: request.form.get(f"wish-{option.key}", "") for option in options}
        self.wish_errors: dict[str, Any] = {}
        self.chosen: tuple[Chosen, ...] = ()

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Ask of every answer whether it can be woven."""
        is_fine = super().validate(extra_validators)
        for option in self.options:
            try:
                self.chosen += choose([option], {option.key: self.typed[option.key]})
            except WishRefused as refusal:
                self.wish_errors[option.key] = WISH_WORDS[str(refusal.details["why"])]
        return is_fine and not self.wish_errors

    @property
    def wish(self) -> str:
        """Return the answers as a cart keeps them."""
        return written({key: text.strip() for key, text in self.typed.items()})


class SeatsForm(OpenForm):
    """Which session, and who comes."""

    session = HiddenField()
    adults = CountField(
        _l("Adults"),
        default=1,
        validators=[Optional(), NumberRange(0, MOST_SEATS, _l("Between 0 and 12."))],
    )
    children = CountField(
        _l("Children"),
        default=0,
        validators=[Optional(), NumberRange(0, MOST_SEATS, _l("Between 0 and 12."))],
    )
    families = CountField(
        _l("Families of two"),
        default=0,
        validators=[Optional(), NumberRange(0, MOST_SEATS // 2, _l("Between 0 and 6."))],
    )


class LineForm(FlaskForm):
    """A new count for one line of the cart; zero takes it out."""

    quantity = CountField(
        _l("How many"),
        validators=[
            InputRequired(_l("Say how many.")),
            NumberRange(0, MOST_PIECES, _l("Between 0 and 99; for more, ring the workshop.")),
        ],
    )


class CouponForm(FlaskForm):
    """The code of a coupon; empty takes it out of the cart."""

    code = StringField(
        _l("Code of a coupon"),
        filters=[trimmed],
        validators=[Length(max=40, message=_l("At most 40 characters."))],
    )


class CheckoutForm(FlaskForm):
    """Everything an order needs, on one page; an address only where something is sent."""

    key = HiddenField(validators=[Length(min=16, max=64)])
    total_sent = HiddenField(validators=[Regexp(r"^\d{1,12}$")])
    total_fetched = HiddenField(validators=[Regexp(r"^\d{1,12}$")])
    phone = StringField(
        _l("Mobile number"),
        filters=[trimmed],
        validators=[DataRequired(_l("We need a number to reach you.")), is_phone],
    )
    phone_code = StringField(_l("The code we sent to your telephone"), filters=[plain_digits])
    name = StringField(
        _l("Your name"),
        filters=[trimmed],
        validators=[
            DataRequired(_l("Whom shall we ask for?")),
            Length(max=60, message=_l("At most 60 characters.")),
        ],
    )
    email = StringField(_l("E-mail"), filters=[trimmed], validators=[Optional(), is_mailbox])
    by_email = BooleanField(_l("Send me e-mails rather than text messages"))
    handover = StringField(
        _l("How it reaches you"),
        default=Handover.SHIP.value,
        validators=[
            AnyOf(
                [Handover.SHIP.value, Handover.PICK_UP.value],
                message=_l("Choose one of the two."),
            )
        ],
    )
    place = PlaceField(_l("Where to"))
    region = StringField(
        _l("Country or province, city, county"),
        filters=[trimmed],
        validators=[Length(max=80, message=_l("At most 80 characters."))],
    )
    address = StringField(
        _l("Street, house, room"),
        filters=[trimmed],
        validators=[Length(max=200, message=_l("At most 200 characters."))],
    )
    note = TextAreaField(
        _l("A word to the workshop"),
        filters=[trimmed],
        validators=[Length(max=200, message=_l("At most 200 characters."))],
    )
    is_gift = BooleanField(_l("It is a present: no prices in the parcel"))
    gift_words = StringField(
        _l("Words for the card"),
        filters=[trimmed],
        validators=[Length(max=MOST_GIFT_WORDS, message=_l("At most 60 characters."))],
    )
    invoice = StringField(
        _l("Invoice"),
        default="",
        validators=[AnyOf(["", *TitleKind], message=_l("Choose one of these."))],
    )
    invoice_title = StringField(
        _l("In the name of"),
        filters=[trimmed],
        validators=[Length(max=LONGEST_TITLE, message=_l("At most 100 characters."))],
    )
    tax_number = StringField(_l("Tax number (unified social credit code)"), filters=[capitals])
    method = StringField(
        _l("How you pay"),
        default=Method.ONLINE.value,
        validators=[
            AnyOf(
                [
                    Method.ONLINE.value,
                    Method.PAY_ON_PICK_UP.value,
                    Method.BANK_TRANSFER.value,
                ],
                message=_l("Choose one of these."),
            )
        ],
    )
    # One box per line that cannot come back, each by itself, none ticked beforehand.
    agreed = SelectMultipleField(coerce=int, choices=[])

    def __init__(self, *args: Any, quote: Quote, can_pay_online: bool, **kwargs: Any) -> None:
        """Take the cart that is to be ordered: it says which questions matter.

        can_pay_online    a payment service is connected.
        """
        super().__init__(*args, **kwargs)
        self.quote = quote
        self.agreed.choices = [(line.cart_line_id, "") for line in quote.to_confirm]
        self.can_pay_online = can_pay_online
        self.can_transfer = may_be_transferred(quote)
        if self.is_submitted() or can_pay_online:
            return
        if quote.may_be_paid_on_pick_up:
            self.method.data = Method.PAY_ON_PICK_UP.value
            self.handover.data = Handover.PICK_UP.value
        elif self.can_transfer:
            self.method.data = Method.BANK_TRANSFER.value

    @property
    def ways_to_pay(self) -> list[tuple[str, object]]:
        """Return how this cart can be paid, in words."""
        ways: list[tuple[str, object]] = []
        if self.can_pay_online:
            ways.append((Method.ONLINE.value, _l("Now, online")))
        if self.quote.may_be_paid_on_pick_up:
            ways.append((Method.PAY_ON_PICK_UP.value, _l("When I fetch it")))
        if self.can_transfer:
            ways.append((Method.BANK_TRANSFER.value, _l("By bank transfer, within three days")))
        return ways

    def show_totals(self) -> None:
        """Put both totals on the form, so that what the buyer saw comes back with it."""
        self.total_sent.data = str(self.quote.total.minor)
        self.total_fetched.data = str(self.quote.fetched.minor)

    @property
    def chosen_handover(self) -> Handover:
        """Return how the goods are to reach the buyer."""
        is_fetched = self.handover.data == Handover.PICK_UP.value
        return Handover.PICK_UP if is_fetched else Handover.SHIP

    @property
    def chosen_method(self) -> Method:
        """Return how the buyer pays."""
        return Method(self.method.data or "")

    @property
    def seen_total(self) -> Money:
        """Return the total that stood on the page when the buyer agreed."""
        is_fetched = self.chosen_handover is Handover.PICK_UP
        return Money(int((self.total_fetched if is_fetched else self.total_sent).data or 0))

    @property
    def contact(self) -> Contact:
        """Return who gets the goods, without an address where nothing is sent."""
        is_fetched = self.chosen_handover is Handover.PICK_UP
        return Contact(
            phone=self.phone.data or "",
            name=self.name.data or "",
            region="" if is_fetched else self._region(),
            place_code="" if is_fetched else self.place.code,
            address="" if is_fetched else self.address.data or "",
            note=self.note.data or "",
            is_gift=self.is_present,
            gift_words=(self.gift_words.data or "") if self.is_present else "",
            email=self.email.data or "",
            told_by="email" if self.email.data and self.by_email.data else "",
        )

    def _region(self) -> str:
        """Return province and place in words: those of the lists, then what was written."""
        written = (self.region.data or "") if self.place.is_free or not self.place.code else ""
        return f"{self.place.names} {written}".strip()[:LONGEST_REGION]

    @property
    def is_present(self) -> bool:
        """Say whether the goods are a present; words for a card say so too."""
        return self.quote.has_goods and bool(self.is_gift.data or self.gift_words.data)

    @property
    def is_sent(self) -> bool:
        """Say whether there will be a parcel."""
        return self.quote.has_goods and self.chosen_handover is Handover.SHIP

    def validate_by_email(self, field: BooleanField) -> None:
        """Refuse e-mails to nowhere."""
        if field.data and not self.email.data:
            raise ValidationError(_l("Where to? Give an e-mail address above."))

    def validate_handover(self, field: StringField) -> None:
        """Refuse fetching at a workshop that has no counter."""
        wants_to_fetch = field.data == Handover.PICK_UP.value
        if self.quote.has_goods and wants_to_fetch and not self.quote.may_be_picked_up:
            raise ValidationError(_l("Not every workshop in your cart has a counter."))

    def validate_place(self, field: PlaceField) -> None:
        """Ask for the county where there is a parcel, unless its words say it."""
        if not self.is_sent or field.is_whole or (self.region.data and not field.code):
            return
        raise ValidationError(_l("Which province, city and county?"))

    def validate_region(self, field: StringField) -> None:
        """Ask for the place in words where no list has it."""
        if self.is_sent and self.place.is_free and not field.data:
            raise ValidationError(_l("Please write the country or province, and the city."))

    def validate_address(self, field: StringField) -> None:
        """Ask for the house where there is a parcel."""
        if self.is_sent and not field.data:
            raise ValidationError(_l("Where shall the parcel go?"))

    def validate_invoice_title(self, field: StringField) -> None:
        """Ask for the name where an invoice is wanted."""
        if self.invoice.data and not field.data:
            raise ValidationError(_l("In whose name shall the invoice be?"))

    def validate_tax_number(self, field: StringField) -> None:
        """Ask for the tax number of a body, and look at its check sign."""
        if self.invoice.data == TitleKind.COMPANY and not is_tax_number(field.data or ""):
            raise ValidationError(
                _l(
                    "This is no unified social credit code: 18 digits and letters, the last one"
                    " checks them."
                )
            )

    @property
    def invoice_wish(self) -> InvoiceWish | None:
        """Return in whose name an invoice is wanted, or None."""
        if not self.invoice.data:
            return None
        kind = TitleKind(self.invoice.data)
        number = (self.tax_number.data or "") if kind is TitleKind.COMPANY else ""
        return InvoiceWish(kind, self.invoice_title.data or "", number)

    def validate_method(self, field: StringField) -> None:
        """Refuse paying at the workshop for what is sent, and transfers for seats."""
        if field.data == Method.BANK_TRANSFER.value and not self.can_transfer:
            raise ValidationError(_l("Only goods can be paid by bank transfer, no seats."))
        if field.data != Method.PAY_ON_PICK_UP.value:
            return
        if self.is_sent or (self.quote.lines and not self.quote.may_be_paid_on_pick_up):
            raise ValidationError(
                _l("Paying when you fetch it goes only with fetching goods of one workshop.")
            )

    def validate_agreed(self, field: SelectMultipleField) -> None:
        """Ask for each separate confirmation, in each purchase. Source: domain.md 6 (returns)."""
        if {line.cart_line_id for line in self.quote.to_confirm} - set(field.data or ()):
            raise ValidationError(_l("Please confirm this before you order what is made for you."))

    @property
    def confirmed(self) -> dict[int, str]:
        """Return the words that were ticked, by cart line."""
        ticked = set(self.agreed.data or ())
        return {
            line.cart_line_id: no_return_words(line)
            for line in self.quote.to_confirm
            if line.cart_line_id in ticked
        }


class FindOrderForm(FlaskForm):
    """What proves that an order is yours: the phone number it was given, and its code."""

    number = HiddenField(filters=[trimmed], validators=[Length(max=40)])

    phone = StringField(
        _l("Mobile number"),
        filters=[trimmed],
        validators=[DataRequired(_l("The number you gave with the order.")), is_phone],
    )
    code = StringField(
        _l("Six-digit code"),
        filters=[plain_digits],
        validators=[
            DataRequired(_l("It stands on the page you saw after ordering, and in our message.")),
            Regexp(r"^\d{6}$", message=_l("The code has six digits.")),
        ],
    )
