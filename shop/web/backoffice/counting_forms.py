"""What staff fill in when they count: money that came, and money that leaves."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, FileField, SelectField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from shop.kernel.ids import secret_token
from shop.web.fields import NEEDED, HiddenTextField, MoneyField, ParagraphField, TextField


class ProofForm(FlaskForm):
    """What is in writing when money leaves by hand."""

    proof = TextField(
        _l("Number of the receipt that the buyer signed, or of the bank’s transfer"),
        validators=[DataRequired(NEEDED), Length(max=80)],
    )


class TransferForm(FlaskForm):
    """One transfer as it stands on the bank's list."""

    key = HiddenTextField(default=secret_token, validators=[Length(max=64)])
    number = TextField(_l("Order number"), validators=[DataRequired(NEEDED), Length(max=40)])
    amount = MoneyField(_l("Sum that came"), validators=[DataRequired(NEEDED)])
    came_on = DateField(_l("The bank’s day"), validators=[DataRequired(NEEDED)])
    payer = TextField(_l("Who sent it"), validators=[DataRequired(NEEDED), Length(max=100)])
    reference = TextField(
        _l("The bank’s number of the transfer"),
        validators=[DataRequired(NEEDED), Length(max=60)],
    )


class MakeGoodForm(FlaskForm):
    """What goes back for a claim, and whether its goods lie here again."""

    are_goods_back = BooleanField(_l("The pieces lie here again, looked at and fit for the shelf"))
    shipping = MoneyField(_l("Of the shipping"), validators=[Optional()])
    return_postage = MoneyField(_l("Return postage that we pay the buyer"), validators=[Optional()])
    words = ParagraphField(
        _l("A word to the buyer"),
        validators=[Length(max=500, message=_l("At most 500 characters."))],
    )


class SendAnewForm(FlaskForm):
    """The parcel in which pieces go out anew."""

    carrier = TextField(_l("Carrier"), validators=[DataRequired(NEEDED), Length(max=40)])
    tracking = TextField(_l("Parcel number"), validators=[DataRequired(NEEDED), Length(max=60)])


class AnswerForm(FlaskForm):
    """Why a claim is refused; the buyer reads it."""

    answer = ParagraphField(
        _l("Why not? The buyer reads this."),
        validators=[
            DataRequired(NEEDED),
            Length(max=500, message=_l("At most 500 characters.")),
        ],
    )


class SettlementForm(FlaskForm):
    """The file in which a channel says what it has paid out."""

    file = FileField(_l("File of the payment service (CSV)"))

    def validate_file(self, field: FileField) -> None:
        """Ask for the file itself."""
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_l("Choose the file first."))


class RefundForm(FlaskForm):
    """What goes back of one part, why, and whether its goods lie here again."""

    key = HiddenTextField(default=secret_token, validators=[Length(max=64)])
    cause = SelectField(_l("Why"), validators=[DataRequired(NEEDED)])
    are_goods_back = BooleanField(_l("The pieces lie here again, looked at and fit for the shelf"))
    shipping = MoneyField(_l("Of the shipping"), validators=[Optional()])
    return_postage = MoneyField(_l("Return postage that we pay the buyer"), validators=[Optional()])
