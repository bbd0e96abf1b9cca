"""What a supervisor types: why she opens a person's page, and what she answers an objection."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import DataRequired, InputRequired, Length

from shop.earnings.services import LONGEST_WORDS
from shop.reviews.rules import LONGEST_ANSWER
from shop.web.fields import ParagraphField


class ReasonForm(FlaskForm):
    """Why a maker's page is opened; she reads it herself."""

    reason = ParagraphField(
        _l("Why do you open this page?"),
        validators=[InputRequired(_l("Without a reason this page stays closed."))],
    )


class DecisionForm(FlaskForm):
    """What the town decides about a hidden review, and what it tells the buyer."""

    decision = RadioField(
        _l("What you decide"),
        choices=lambda: [
            ("show", _l("Show the words again")),
            ("keep", _l("They stay hidden")),
        ],
        validators=[InputRequired(_l("Decide one or the other."))],
    )
    text = ParagraphField(
        _l("What you tell the buyer"),
        validators=[
            DataRequired(_l("Tell the buyer why, in plain words.")),
            Length(max=LONGEST_ANSWER, message=_l("At most 1,000 characters.")),
        ],
    )

    @property
    def is_upheld(self) -> bool:
        """Say whether the words stay hidden."""
        return bool(self.decision.data == "keep")


class ClaimDecisionForm(FlaskForm):
    """What the town decides about a claim, and what it tells both sides."""

    decision = RadioField(
        _l("Who is right?"),
        choices=lambda: [("buyer", _l("The buyer")), ("room", _l("The room"))],
        validators=[InputRequired(_l("Decide one or the other."))],
    )
    text = ParagraphField(
        _l("What you tell both"),
        validators=[
            DataRequired(_l("Tell them why, in plain words.")),
            Length(max=500, message=_l("At most 500 characters.")),
        ],
    )

    @property
    def is_for_buyer(self) -> bool:
        """Say whether the room is to make it good."""
        return bool(self.decision.data == "buyer")


class SendBackForm(FlaskForm):
    """Why the town does not confirm a pay run."""

    words = ParagraphField(
        _l("What the room shall look at"), validators=[Length(max=LONGEST_WORDS)]
    )
