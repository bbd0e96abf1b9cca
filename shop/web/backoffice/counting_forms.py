"""What staff fill in when they count: cash that leaves the drawer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, SelectField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from shop.kernel.ids import secret_token
from shop.web.backoffice.forms import NEEDED
from shop.web.fields import HiddenTextField, MoneyField, TextField


class ProofForm(FlaskForm):
    """What is in writing when cash leaves the drawer."""

    proof = TextField(
        _l("Number of the receipt that the buyer signed"),
        validators=[DataRequired(NEEDED), Length(max=80)],
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
