"""What staff fill in at the desk. A wrong form comes back with every value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TimeField,
)
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

from shop.accounts.rules import LONGEST_REASON
from shop.catalog.options import MOST_LETTERS, MOST_MM, OptionKind
from shop.catalog.services import MOST_MEASURE, ProductFacts
from shop.coupons.rules import MOST_PERCENT, Funder, Terms, normal_code
from shop.delivery.rules import MOST_GRAMS, MOST_TOWN_DAYS, Zone
from shop.kernel.clock import SHANGHAI, start_of_day
from shop.kernel.divisions import OUTSIDE, provinces
from shop.kernel.ids import secret_token
from shop.kernel.money import Money
from shop.media.rules import FOCUSES, LONGEST_CAPTIONS, LONGEST_WORDS, MIDDLE, Words
from shop.orders.rules import Scan
from shop.shelves import rules as shelf_rules
from shop.shelves.services import ShelfWords
from shop.stations.rules import LONGEST_SEASON, Season, SeasonReason
from shop.stations.services import WorkshopWords
from shop.web.earning_words import CHANNELS
from shop.web.fields import (
    NEEDED,
    CountField,
    HiddenTextField,
    MoneyField,
    ParagraphField,
    TextField,
)
from shop.web.promises import SEASON_NAMES
from shop.workflows.listing import NewExtra, NewOption

MOST_PIECES = 10_000
WHOLE_PERCENT = 100


class TextsForm(FlaskForm):
    """What a listing says, Chinese first."""

    title = TextField(_l("Title"), validators=[DataRequired(NEEDED), Length(max=200)])
    title_en = TextField(_l("Title in English"), validators=[Length(max=200)])
    summary = ParagraphField(_l("In a few sentences"))
    summary_en = ParagraphField(_l("The same in English"))
    material = TextField(_l("Material"), validators=[DataRequired(NEEDED), Length(max=200)])
    material_en = TextField(_l("Material in English"), validators=[Length(max=200)])
    technique = TextField(_l("How it is made"), validators=[Length(max=200)])
    technique_en = TextField(_l("How it is made, in English"), validators=[Length(max=200)])
    care = TextField(_l("Care"), validators=[DataRequired(NEEDED), Length(max=400)])
    care_en = TextField(_l("Care in English"), validators=[Length(max=400)])


class SplitForm(FlaskForm):
    """A price and where it goes, in yuan; the parts add up to it."""

    price = MoneyField(_l("Price"), validators=[DataRequired(NEEDED)])
    pay = MoneyField(_l("Pay for work"), validators=[DataRequired(NEEDED)])
    split_material = MoneyField(_l("Material"), validators=[DataRequired(NEEDED)])
    pack = MoneyField(_l("Packing"), validators=[DataRequired(NEEDED)])
    fee = MoneyField(_l("Payment fee"), validators=[DataRequired(NEEDED)])
    workshop = MoneyField(_l("Workshop"), validators=[DataRequired(NEEDED)])
    rest = MoneyField(_l("Reserve and surplus"), validators=[DataRequired(NEEDED)])


class VariantRow(Form):
    """One size and color; an empty row says nothing."""

    size = TextField(_l("Size"), validators=[Length(max=40)])
    color = TextField(_l("Color"), validators=[Length(max=40)])
    color_en = TextField(_l("Color in English"), validators=[Length(max=40)])


class SortForm(FlaskForm):
    """What kind of goods a listing is, of what it is and how it is made: how buyers find it."""

    category = SelectField(_l("Kind of goods"), validators=[Optional()])
    terms = SelectMultipleField(_l("Of what, and how it is made"), validators=[Optional()])


class NewGoodsForm(TextsForm, SplitForm):
    """Everything that makes a listing, on one page."""

    workshop_slug = SelectField(_l("Workshop"), validators=[DataRequired(NEEDED)])
    code = TextField(_l("Code"), validators=[DataRequired(NEEDED), Length(max=40)])
    category = SelectField(_l("Kind of goods"), validators=[Optional()])
    terms = SelectMultipleField(_l("Of what, and how it is made"), validators=[Optional()])
    supply = RadioField(
        _l("How it comes to be"),
        choices=lambda: [
            ("in_stock", _l("In stock: leaves within 72 hours")),
            ("made_to_order", _l("Made to order, in its standard form")),
            ("custom", _l("Custom-made for one buyer: cannot come back")),
        ],
        default="in_stock",
    )
    pay_lane = RadioField(
        _l("How the maker is paid"),
        choices=lambda: [
            ("piece_wage", _l("Piece wage, owed when pieces are accepted")),
            ("consignment", _l("A share of the price, when it sells")),
        ],
        default="piece_wage",
    )
    share_percent = CountField(_l("Her share"))
    minutes = CountField(
        _l("Minutes for one piece"),
        validators=[InputRequired(NEEDED), NumberRange(1, 43_200, _l("One minute or more."))],
    )
    maker = SelectField(_l("Maker shown"), validators=[Optional()])
    variants = FieldList(FormField(VariantRow), min_entries=6, max_entries=40)
    publish = BooleanField(_l("Put it on sale as soon as the price is approved"), default=True)

    def validate_share_percent(self, field: CountField) -> None:
        """Ask for her share where she is paid by it."""
        if self.pay_lane.data == "consignment" and not 1 <= field.count <= WHOLE_PERCENT:
            raise ValidationError(_l("How much of the price is hers, in percent?"))

    @property
    def share(self) -> int | None:
        """Return the share that counts: none where she is paid by the piece."""
        if self.pay_lane.data != "consignment":
            return None
        share: int | None = self.share_percent.data
        return share


class PriceForm(SplitForm):
    """A new price of goods that are listed, and the minutes behind it."""

    minutes = CountField(
        _l("Minutes for one piece"),
        validators=[InputRequired(NEEDED), NumberRange(1, 43_200, _l("One minute or more."))],
    )


class BringCatalogForm(FlaskForm):
    """A catalog to be looked at, and what the file itself cannot say."""

    workshop_slug = SelectField(_l("Workshop"), validators=[DataRequired(NEEDED)])
    catalog = FileField(_l("File of goods"))
    pictures = FileField(_l("ZIP of pictures"))
    currency = SelectField(
        _l("Prices in the file are in"),
        choices=lambda: [
            ("", _l("The file says it")),
            ("CNY", _l("Yuan (CNY)")),
            *((code, code) for code in ("USD", "EUR", "GBP", "HKD", "JPY", "TWD")),
        ],
        validators=[Optional()],
    )
    other_currency = RadioField(
        _l("Rows whose price is not in yuan"),
        choices=lambda: [
            ("refuse", _l("are errors")),
            ("without_price", _l("come in without a price")),
        ],
        default="refuse",
    )
    share_percent = CountField(
        _l("The makers' share"),
        validators=[Optional(), NumberRange(1, WHOLE_PERCENT, _l("Between 1 and 100."))],
    )

    def validate_catalog(self, field: FileField) -> None:
        """Ask for the file itself."""
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_l("Choose the file of goods."))


class PictureForm(FlaskForm):
    """What is seen on a picture, in both languages, and where the eye goes."""

    alt = TextField(
        _l("What is seen, in Chinese"),
        validators=[DataRequired(_l("Say in Chinese what is seen.")), Length(max=LONGEST_WORDS)],
    )
    alt_en = TextField(
        _l("What is seen, in English"),
        validators=[DataRequired(_l("Say in English what is seen.")), Length(max=LONGEST_WORDS)],
    )
    focus = TextField(_l("Where the eye goes"), default=MIDDLE, validators=[AnyOf(FOCUSES)])
    captions = ParagraphField(
        _l("What is said, in Chinese"), validators=[Length(max=LONGEST_CAPTIONS)]
    )
    captions_en = ParagraphField(
        _l("What is said, in English"), validators=[Length(max=LONGEST_CAPTIONS)]
    )

    @property
    def words(self) -> Words:
        """Return what was said."""
        return Words(
            alt=self.alt.text,
            alt_en=self.alt_en.text,
            focus=self.focus.text,
            captions=self.captions.text,
            captions_en=self.captions_en.text,
        )


class VariantsForm(FlaskForm):
    """Sizes and colors added to a listing."""

    variants = FieldList(FormField(VariantRow), min_entries=3, max_entries=40)


class FactsForm(FlaskForm):
    """What can be measured of a piece; an empty box says nothing."""

    length_mm = CountField(_l("Length"), validators=[Optional(), NumberRange(0, MOST_MEASURE)])
    width_mm = CountField(_l("Width"), validators=[Optional(), NumberRange(0, MOST_MEASURE)])
    height_mm = CountField(_l("Height"), validators=[Optional(), NumberRange(0, MOST_MEASURE)])
    weight_g = CountField(_l("Weight"), validators=[Optional(), NumberRange(0, MOST_MEASURE)])
    is_one_of_a_kind = BooleanField(_l("One of a kind: there is only this one"))

    @property
    def facts(self) -> ProductFacts:
        """Return what was typed."""
        return ProductFacts(
            length_mm=self.length_mm.count,
            width_mm=self.width_mm.count,
            height_mm=self.height_mm.count,
            weight_g=self.weight_g.count,
            is_one_of_a_kind=bool(self.is_one_of_a_kind.data),
        )


class AddressForm(FlaskForm):
    """Another address for a listing."""

    slug = TextField(
        _l("Address"),
        validators=[
            DataRequired(NEEDED),
            Regexp(
                r"^[a-z0-9]+(-[a-z0-9]+)*$", message=_l("Small Latin letters, digits and hyphens.")
            ),
            Length(min=3, max=100),
        ],
    )


class ExtraForm(FlaskForm):
    """A question to buyers and what answering it adds to one piece."""

    label = TextField(
        _l("What buyers are asked"), validators=[DataRequired(NEEDED), Length(max=40)]
    )
    label_en = TextField(_l("The same in English"), validators=[Length(max=60)])
    price = MoneyField(_l("Extra price"), validators=[Optional()])
    material = MoneyField(_l("Material in it"), validators=[Optional()])
    workshop = MoneyField(_l("For the workshop"), validators=[Optional()])
    minutes = CountField(
        _l("Extra minutes"), default=0, validators=[Optional(), NumberRange(0, 43_200)]
    )

    @property
    def extra(self) -> NewExtra:
        """Return what answering it adds."""
        return NewExtra(
            price=self.price.sum,
            material=self.material.sum,
            workshop=self.workshop.sum,
            minutes=self.minutes.count,
        )


class TextWishForm(ExtraForm):
    """Words that buyers may have woven in."""

    most_letters = CountField(
        _l("At most so many signs"),
        default=MOST_LETTERS,
        validators=[InputRequired(NEEDED), NumberRange(1, MOST_LETTERS, _l("Between 1 and 12."))],
    )

    @property
    def option(self) -> NewOption:
        """Return the question that was written."""
        return NewOption(
            kind=OptionKind.TEXT,
            label=self.label.text,
            label_en=self.label_en.text or None,
            most_letters=self.most_letters.count,
            extra=self.extra,
        )


class MeasureWishForm(ExtraForm):
    """A length that buyers may ask for, in millimetres."""

    least_mm = CountField(
        _l("Shortest"), validators=[InputRequired(NEEDED), NumberRange(1, MOST_MM)]
    )
    most_mm = CountField(_l("Longest"), validators=[InputRequired(NEEDED), NumberRange(1, MOST_MM)])
    step_mm = CountField(
        _l("In steps of"), default=5, validators=[InputRequired(NEEDED), NumberRange(1, MOST_MM)]
    )

    def validate_most_mm(self, field: CountField) -> None:
        """Ask for a span."""
        if field.count <= self.least_mm.count:
            raise ValidationError(_l("The longest is longer than the shortest."))

    @property
    def option(self) -> NewOption:
        """Return the question that was written."""
        return NewOption(
            kind=OptionKind.MEASURE,
            label=self.label.text,
            label_en=self.label_en.text or None,
            least_mm=self.least_mm.count,
            most_mm=self.most_mm.count,
            step_mm=self.step_mm.count,
            extra=self.extra,
        )


class ChoiceRow(Form):
    """One of the things that buyers may choose; an empty row says nothing."""

    value = TextField(_l("Choice"), validators=[Length(max=40)])
    value_en = TextField(_l("In English"), validators=[Length(max=60)])
    price = MoneyField(_l("Extra price"), validators=[Optional()])
    material = MoneyField(_l("Material in it"), validators=[Optional()])
    minutes = CountField(
        _l("Extra minutes"), default=0, validators=[Optional(), NumberRange(0, 43_200)]
    )


class ChoiceWishForm(FlaskForm):
    """A few things of which buyers may choose one."""

    label = TextField(
        _l("What buyers are asked"), validators=[DataRequired(NEEDED), Length(max=40)]
    )
    label_en = TextField(_l("The same in English"), validators=[Length(max=60)])
    rows = FieldList(FormField(ChoiceRow), min_entries=4, max_entries=12)

    def validate_rows(self, field: FieldList) -> None:  # type: ignore[type-arg]
        """Ask for at least one thing to choose."""
        if not any(row.form.value.text for row in field):
            raise ValidationError(_l("Name at least one choice."))

    @property
    def option(self) -> NewOption:
        """Return the question that was written."""
        return NewOption(
            kind=OptionKind.CHOICE,
            label=self.label.text,
            label_en=self.label_en.text or None,
            choices=tuple(
                (
                    row.form.value.text,
                    row.form.value_en.text or None,
                    NewExtra(
                        price=row.form.price.sum,
                        material=row.form.material.sum,
                        workshop=Money(0),
                        minutes=row.form.minutes.count,
                    ),
                )
                for row in self.rows
                if row.form.value.text
            ),
        )


class ForLineForm(FlaskForm):
    """Who makes the pieces of one order line, how many, and until when."""

    key = HiddenTextField(default=secret_token, validators=[Length(max=64)])
    member = SelectField(_l("Who makes it"), validators=[DataRequired(NEEDED)])
    quantity = CountField(
        _l("How many pieces"),
        validators=[
            InputRequired(_l("Say how many.")),
            NumberRange(1, MOST_PIECES, _l("Between 1 and 10,000 pieces.")),
        ],
    )
    due_on = DateField(_l("Wanted by"), validators=[Optional()])


class ParcelForm(FlaskForm):
    """Who carries a parcel, and its number; neither for one that goes to the town first."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(NEEDED), Length(max=64)])
    carrier = TextField(_l("Carrier"), validators=[Length(max=40)])
    tracking = TextField(_l("Number on the parcel"), validators=[Length(max=60)])
    postage = MoneyField(_l("What the carrier cost"), validators=[Optional()])


def _at_the_place(day: date | None, hour: time | None) -> datetime:
    assert day is not None  # noqa: S101 - asked only once the form is right
    assert hour is not None  # noqa: S101 - the same
    return datetime.combine(day, hour, ZoneInfo(SHANGHAI)).astimezone(UTC)


class ScanForm(FlaskForm):
    """What a carrier said of a parcel: when, where, in words."""

    day = DateField(_l("Day"), validators=[DataRequired(NEEDED)])
    time = TimeField(_l("Hour"), validators=[DataRequired(NEEDED)])
    place = TextField(_l("Place"), validators=[Length(max=60)])
    words = TextField(_l("What the carrier says"), validators=[Length(max=120)])
    is_signed = BooleanField(_l("It was signed for: the buyer has it"))

    @property
    def scan(self) -> Scan:
        """Return it as it is kept, at the instant that the wall clock at the place calls so."""
        at = _at_the_place(self.day.data, self.time.data)
        return Scan(at, self.words.text, self.place.text, self.is_signed.data)


class SessionForm(FlaskForm):
    """One dated session of an experience; wall-clock time at the place."""

    experience = SelectField(_l("Experience"), validators=[DataRequired(NEEDED)])
    day = DateField(_l("Day"), validators=[DataRequired(NEEDED)])
    time = TimeField(_l("Begins at"), validators=[DataRequired(NEEDED)])
    capacity = CountField(
        _l("Places"),
        default=12,
        validators=[InputRequired(NEEDED), NumberRange(1, 60, _l("Between 1 and 60."))],
    )
    instructor = SelectField(_l("Instructor"), validators=[Optional()])
    assistant = SelectField(_l("Assistant"), validators=[Optional()])

    @property
    def starts_at(self) -> datetime:
        """Return the instant that the wall clock at the place calls so."""
        return _at_the_place(self.day.data, self.time.data)


class PaceForm(FlaskForm):
    """How much a workshop weaves in an ordinary week, and when the carrier comes."""

    weekly_hours = CountField(
        _l("Hours of weaving a week"),
        validators=[InputRequired(NEEDED), NumberRange(0, 10_000, _l("Between 0 and 10,000."))],
    )
    weekdays = SelectMultipleField(
        _l("Days on which the carrier comes"),
        choices=lambda: [
            ("1", _l("Monday")),
            ("2", _l("Tuesday")),
            ("3", _l("Wednesday")),
            ("4", _l("Thursday")),
            ("5", _l("Friday")),
            ("6", _l("Saturday")),
            ("7", _l("Sunday")),
        ],
        validators=[DataRequired(_l("Name at least one day."))],
    )

    @property
    def days(self) -> list[int]:
        """Return the weekdays as numbers; Monday is 1."""
        return [int(day) for day in self.weekdays.data or ()]


class SeasonForm(FlaskForm):
    """Weeks in which a workshop weaves less."""

    reason = SelectField(
        _l("Why"),
        choices=lambda: [(reason.value, name) for reason, name in SEASON_NAMES.items()],
        validators=[DataRequired(NEEDED)],
    )
    first_day = DateField(_l("First day"), validators=[DataRequired(NEEDED)])
    last_day = DateField(_l("Last day"), validators=[DataRequired(NEEDED)])
    percent = SelectField(
        _l("How much is woven"),
        choices=lambda: [
            ("75", _l("three quarters")),
            ("50", _l("half")),
            ("25", _l("a quarter")),
            ("0", _l("nothing: closed")),
        ],
        default="50",
        validators=[DataRequired(NEEDED)],
    )

    def validate_last_day(self, field: DateField) -> None:
        """Ask for days that follow each other, a year at most."""
        first, last = self.first_day.data, field.data
        if first and last and not timedelta(0) <= last - first < LONGEST_SEASON:
            raise ValidationError(_l("The last day comes after the first, within a year."))

    @property
    def season(self) -> Season:
        """Return the span that was typed, its last day included."""
        assert self.first_day.data is not None  # noqa: S101 - asked only once the form is right
        assert self.last_day.data is not None  # noqa: S101 - the same
        return Season(
            reason=SeasonReason(self.reason.data),
            percent=int(self.percent.data),
            starts_on=self.first_day.data,
            ends_on=self.last_day.data + timedelta(days=1),
        )


class WorkshopForm(FlaskForm):
    """What a workshop says of itself on its page."""

    story = ParagraphField(_l("Story in Chinese"), validators=[Length(max=2000)])
    story_en = ParagraphField(_l("Story in English"), validators=[Length(max=4000)])
    address = TextField(_l("Address in Chinese"), validators=[Length(max=200)])
    address_en = TextField(_l("Address in English"), validators=[Length(max=200)])
    hours = TextField(_l("Open when, in Chinese"), validators=[Length(max=200)])
    hours_en = TextField(_l("Open when, in English"), validators=[Length(max=200)])
    directions = ParagraphField(_l("The way there, in Chinese"), validators=[Length(max=1000)])
    directions_en = ParagraphField(_l("The way there, in English"), validators=[Length(max=2000)])
    phone = TextField(_l("Telephone"), validators=[Length(max=32)])

    @property
    def said(self) -> WorkshopWords:
        """Return what was typed."""
        return WorkshopWords(**{name: self[name].text for name in WorkshopWords.__slots__})


class ShelfForm(FlaskForm):
    """A curated shelf: its words, its picture and its days, both included."""

    station = SelectField(_l("Of which place"), validators=[DataRequired(NEEDED)])
    title = TextField(
        _l("Title in Chinese"),
        validators=[DataRequired(NEEDED), Length(max=shelf_rules.LONGEST_TITLE)],
    )
    title_en = TextField(_l("Title in English"), validators=[Length(max=80)])
    words = ParagraphField(
        _l("One sentence in Chinese"),
        validators=[DataRequired(NEEDED), Length(max=shelf_rules.LONGEST_WORDS)],
    )
    words_en = ParagraphField(_l("One sentence in English"), validators=[Length(max=320)])
    picture = SelectField(_l("Picture"), validators=[DataRequired(NEEDED)])
    first_day = DateField(_l("First day"), validators=[DataRequired(NEEDED)])
    last_day = DateField(_l("Last day"), validators=[DataRequired(NEEDED)])

    def validate_last_day(self, field: DateField) -> None:
        """Ask for days that follow each other, a year at most."""
        first, last = self.first_day.data, field.data
        if first and last and not timedelta(0) <= last - first <= shelf_rules.LONGEST:
            raise ValidationError(_l("The last day comes after the first, within a year."))

    @property
    def said(self) -> ShelfWords:
        """Return what was typed."""
        assert self.first_day.data is not None  # noqa: S101 - asked only once the form is right
        assert self.last_day.data is not None  # noqa: S101 - the same
        return ShelfWords(
            title=self.title.text,
            title_en=self.title_en.text,
            words=self.words.text,
            words_en=self.words_en.text,
            picture=self.picture.data,
            starts_on=self.first_day.data,
            ends_on=self.last_day.data,
        )


class NoteForm(FlaskForm):
    """What became of something, in a person's words."""

    note = TextField(
        _l("What became of it"),
        validators=[DataRequired(_l("Say what became of it.")), Length(max=200)],
    )


class WordsForm(FlaskForm):
    """Words that mean the same."""

    words = TextField(
        _l("Words"),
        validators=[DataRequired(_l("Write the words.")), Length(max=400)],
    )


class NewWordsForm(WordsForm):
    """Words that mean the same at one place and below."""

    place = SelectField(_l("Where"), validators=[DataRequired(NEEDED)])


class PayRunForm(FlaskForm):
    """A pay run to draw up."""

    workshop_slug = SelectField(_l("Workshop"), validators=[DataRequired(NEEDED)])
    period_end_on = SelectField(_l("Accepted until"), validators=[DataRequired(NEEDED)])
    pay_anyway = SelectMultipleField(_l("Who asked for her small sum now"))


class PayoutForm(FlaskForm):
    """How one member got her money, and who saw it."""

    slip = HiddenTextField()
    channel = SelectField(
        _l("How"),
        choices=lambda: list(CHANNELS.items()),
        default="cash",
    )
    witness = SelectField(_l("Who saw it"), validators=[Optional()])


class ZoneForm(FlaskForm):
    """What parcels to some provinces cost: by first and next weight, and from when free."""

    zone = HiddenTextField()
    name = TextField(
        _l("Name of the zone"),
        validators=[DataRequired(NEEDED), Length(max=40, message=_l("At most 40 characters."))],
    )
    name_en = TextField(
        _l("Name of the zone in English"),
        validators=[Length(max=60, message=_l("At most 60 characters."))],
    )
    regions = SelectMultipleField(
        _l("Where it holds"),
        choices=lambda: [
            *((place.code, place.name) for place in provinces()),
            (OUTSIDE, _l("Hong Kong, Macao, Taiwan, or abroad")),
        ],
    )
    first_grams = CountField(
        _l("First weight"),
        default=1000,
        validators=[InputRequired(NEEDED), NumberRange(1, MOST_GRAMS, _l("Up to 50,000 g."))],
    )
    first = MoneyField(_l("For the first weight"), validators=[DataRequired(NEEDED)])
    next_grams = CountField(
        _l("Each further weight"),
        default=1000,
        validators=[InputRequired(NEEDED), NumberRange(1, MOST_GRAMS, _l("Up to 50,000 g."))],
    )
    next = MoneyField(_l("For each further weight begun"), validators=[DataRequired(NEEDED)])
    free_from = MoneyField(_l("Free from goods worth"))

    @property
    def as_zone(self) -> Zone:
        """Return the zone that was filled in."""
        return Zone(
            name=self.name.text,
            name_en=self.name_en.text or None,
            regions=tuple(self.regions.data or ()),
            first_grams=self.first_grams.count,
            first=self.first.sum,
            next_grams=self.next_grams.count,
            next=self.next.sum,
            free_from=self.free_from.money,
            public_id=self.zone.text,
        )


class WayForm(FlaskForm):
    """By which way parcels leave."""

    by_town = RadioField(
        _l("How parcels leave"),
        choices=lambda: [
            ("no", _l("The carrier takes them in the village")),
            ("yes", _l("They are gathered at the town first")),
        ],
        default="no",
        validators=[AnyOf(["no", "yes"], message=_l("Choose one of the two."))],
    )
    town_days = CountField(
        _l("Workdays they wait at the town"),
        default=1,
        validators=[Optional(), NumberRange(0, MOST_TOWN_DAYS, _l("Between 0 and 14 workdays."))],
    )

    @property
    def days(self) -> int | None:
        """Return the workdays at the town, None where parcels leave from the village."""
        return self.town_days.count if self.by_town.data == "yes" else None


class InvoiceForm(FlaskForm):
    """The number under which an invoice or a red letter was written."""

    number = TextField(
        _l("Number of the invoice"),
        validators=[DataRequired(NEEDED), Length(max=40, message=_l("At most 40 characters."))],
    )


class CouponForm(FlaskForm):
    """What a coupon gives, to whom, from when to when, how often, and who pays for it."""

    place = SelectField(_l("For goods of"), validators=[InputRequired(NEEDED)])
    title = TextField(
        _l("What buyers read"),
        validators=[DataRequired(NEEDED), Length(max=60, message=_l("At most 60 characters."))],
    )
    title_en = TextField(
        _l("What buyers read in English"),
        validators=[Length(max=80, message=_l("At most 80 characters."))],
    )
    code = TextField(
        _l("Coupon code"),
        validators=[
            Optional(),
            Regexp(r"^\s*[A-Za-z0-9]{4,24}\s*$", message=_l("4 to 24 letters and digits.")),
        ],
    )
    amount = MoneyField(_l("Takes off a sum"))
    percent = CountField(
        _l("or a percentage"),
        validators=[Optional(), NumberRange(1, MOST_PERCENT, _l("Between 1 and 90."))],
    )
    most_off = MoneyField(_l("At most, of a percentage"))
    least_goods = MoneyField(_l("From goods worth"))
    first_day = DateField(_l("First day"), validators=[Optional()])
    last_day = DateField(_l("Last day"), validators=[Optional()])
    is_first_order = BooleanField(_l("Only for a first order"))
    most_uses = CountField(
        _l("Uses in all"),
        validators=[Optional(), NumberRange(1, 1_000_000, _l("One at least."))],
    )
    most_per_buyer = CountField(
        _l("Uses for each buyer"),
        validators=[Optional(), NumberRange(1, 1000, _l("One at least."))],
    )
    most_money = MoneyField(_l("Money in all"))
    funder = RadioField(
        _l("Who pays for it"),
        choices=lambda: [
            (Funder.COOP.value, _l("the co-operative")),
            (Funder.WORKSHOP.value, _l("the workshop")),
            (Funder.PROJECT.value, _l("a funded project")),
        ],
        default=Funder.COOP.value,
        validators=[AnyOf([one.value for one in Funder], message=_l("Choose one of these."))],
    )
    project = TextField(
        _l("Name of the project"),
        validators=[Length(max=40, message=_l("At most 40 characters."))],
    )

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Ask what no field can say alone."""
        is_fine: bool = super().validate(extra_validators)
        first, last, least = self.first_day.data, self.last_day.data, self.least_goods.sum
        wrong = (
            (
                self.amount,
                (self.amount.money is None) == (self.percent.data is None),
                _l("Write a sum or a percentage, one of the two."),
            ),
            (
                self.least_goods,
                self.amount.money is not None and not self.amount.money < least,
                _l("The goods must cost more than the sum that is taken off."),
            ),
            (
                self.last_day,
                bool(first and last and last < first),
                _l("The last day is before the first."),
            ),
            (
                self.code,
                bool(self.is_first_order.data) and not self.code.text,
                _l("A coupon for a first order needs a code."),
            ),
            (
                self.project,
                (self.funder.data == Funder.PROJECT.value) is not bool(self.project.text),
                _l("Name the project where one pays, and only there."),
            ),
        )
        for asked, is_wrong, words in wrong:
            if is_wrong and not asked.errors:
                asked.errors = [words]
                is_fine = False
        return is_fine

    @property
    def terms(self) -> Terms:
        """Return the coupon that was filled in; its last day counts to its end."""
        first, last = self.first_day.data, self.last_day.data
        return Terms(
            title=self.title.text,
            title_en=self.title_en.text or None,
            code=normal_code(self.code.text),
            funder=Funder(self.funder.data),
            project=self.project.text,
            amount=self.amount.money,
            percent=self.percent.data,
            most_off=self.most_off.money,
            least_goods=self.least_goods.sum,
            starts_at=start_of_day(first) if first else None,
            ends_at=start_of_day(last + timedelta(days=1)) if last else None,
            is_first_order=bool(self.is_first_order.data),
            most_uses=self.most_uses.data,
            most_per_buyer=self.most_per_buyer.data,
            most_money=self.most_money.money,
        )


class ResetForm(FlaskForm):
    """Why a colleague's second step is to be taken away."""

    reason = TextField(
        _l("What happened?"),
        validators=[
            InputRequired(_l("Say what happened: her colleagues read it.")),
            Length(max=LONGEST_REASON, message=_l("200 signs at most.")),
        ],
    )
