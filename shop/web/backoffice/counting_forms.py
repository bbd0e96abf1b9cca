"""What staff fill in when they count: cash that leaves the drawer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from shop.web.backoffice.forms import NEEDED
from shop.web.fields import TextField


class ProofForm(FlaskForm):
    """What is in writing when cash leaves the drawer."""

    proof = TextField(
        _l("Number of the receipt that the buyer signed"),
        validators=[DataRequired(NEEDED), Length(max=80)],
    )
