"""What staff fill in when they count: cash that leaves the drawer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField
from wtforms.validators import DataRequired, Length, ValidationError

from shop.web.backoffice.forms import NEEDED
from shop.web.fields import TextField


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
