"""A packed parcel leaves with a carrier: one question at the desk of a room and at the town."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length, Optional

from shop.web.access import current_actor, now
from shop.web.errors import refusals_on
from shop.web.fields import NEEDED, MoneyField, TextField
from shop.workflows import delivering


class DispatchForm(FlaskForm):
    """Which carrier took a parcel, under which number, for how much."""

    carrier = TextField(_l("Carrier"), validators=[Length(max=40)])
    tracking = TextField(_l("Number on the parcel"), validators=[Length(max=60)])
    postage = MoneyField(_l("What the carrier cost"), validators=[Optional()])


class NumberForm(FlaskForm):
    """The right carrier and number of a parcel on its way."""

    carrier = TextField(_l("Carrier"), validators=[DataRequired(NEEDED), Length(max=40)])
    tracking = TextField(
        _l("Number on the parcel"), validators=[DataRequired(NEEDED), Length(max=60)]
    )


def has_left(parcel: str, form: DispatchForm) -> bool:
    """Let a parcel leave as the form says; False when the form comes back with its refusal."""
    if form.validate_on_submit():
        with refusals_on(form):
            delivering.send_again(
                parcel_public_id=parcel,
                carrier=form.carrier.text,
                tracking=form.tracking.text,
                postage=form.postage.money,
                actor=current_actor(),
                now=now(),
            )
            flash(_("On its way. The buyer sees the number now."), "success")
            return True
    return False
