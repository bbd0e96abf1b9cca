"""What staff say to buyers: an answer, what came of a call, a reason for which words are hidden."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import DataRequired, Length, Optional, StopValidation

from shop.kernel.i18n import N_
from shop.reviews.rules import LONGEST_ANSWER, LONGEST_NOTE, REASONS, HidingReason
from shop.web.fields import ParagraphField, TextField

# Sentences that answer half of what is asked; each is said in the asker's own language.
ANSWERS: dict[str, str] = {
    "size": N_(
        "Measure in the evening, standing, from the heel to the longest toe, and look it up in the "
        "table on the page. Between two sizes take the larger one."
    ),
    "care": N_(
        "Wash it by hand in cold water, press the water out with a towel and let it dry flat in "
        "the shade."
    ),
    "custom": N_(
        "Yes, we can make it for you. It takes a few days more, and what is made for you alone "
        "cannot come back without a fault."
    ),
    "many": N_(
        "For twenty pieces and more please ring the workshop: we tell you the day and write the "
        "invoice."
    ),
}
REPLIES: dict[str, str] = {
    "thanks": N_("Thank you. Your words were read aloud at the hand-in table."),
    "sorry": N_("We are sorry. We have rung you and will put it right."),
    "back": N_("A piece with a fault comes back at our cost; please ring us, we send a new one."),
}


class AnswerForm(FlaskForm):
    """What the workshop answers: a ready sentence, own words, or one after the other."""

    phrase = SelectField(_l("Begin with"), validate_choice=False, validators=[Optional()])
    text = ParagraphField(
        _l("Answer"),
        validators=[Length(max=LONGEST_ANSWER, message=_l("At most 1,000 characters."))],
    )

    def offer(self, phrases: Mapping[str, str]) -> None:
        """Let one of these sentences be chosen."""
        own = ("", str(_("my own words")))
        self.phrase.choices = [own, *((key, str(_(words))) for key, words in phrases.items())]

    def validate_text(self, field: ParagraphField) -> None:
        """Ask for words where no sentence was chosen."""
        if not field.text and not self.phrase.data:
            raise StopValidation(_l("Write an answer, or choose a sentence."))

    def said(self, phrases: Mapping[str, str], *, locale: str) -> str:
        """Return the whole answer, the ready sentence in the language of whoever asked."""
        with force_locale(locale):
            ready = str(_(phrases[self.phrase.data])) if self.phrase.data in phrases else ""
        return "\n".join(part for part in (ready, self.text.text) if part)


class FollowUpForm(FlaskForm):
    """What came of speaking with a buyer who was not content."""

    outcome = TextField(
        _l("What came of it"),
        validators=[
            DataRequired(_l("Say what came of it.")),
            Length(max=LONGEST_NOTE, message=_l("At most 200 characters.")),
        ],
    )


class HidingForm(FlaskForm):
    """For which of the five reasons words shall be hidden, and what in them."""

    reason = SelectField(
        _l("Reason"),
        choices=lambda: [(one.value, _(words)) for one, words in REASONS.items()],
        validators=[DataRequired(_l("Choose one of the five reasons."))],
    )
    note = TextField(
        _l("What in it"),
        validators=[
            DataRequired(_l("Tell the second person what you mean.")),
            Length(max=LONGEST_NOTE, message=_l("At most 200 characters.")),
        ],
    )

    @property
    def chosen(self) -> HidingReason:
        """Return the reason."""
        return HidingReason(self.reason.data)
