"""The one thing a supervisor types: why she opens a person's page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from shop.web.fields import ParagraphField


class ReasonForm(FlaskForm):
    """Why a maker's page is opened; she reads it herself."""

    reason = ParagraphField(
        _l("Why do you open this page?"),
        validators=[InputRequired(_l("Without a reason this page stays closed."))],
    )
