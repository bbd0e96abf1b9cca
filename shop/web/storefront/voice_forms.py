"""What buyers say and ask, as they fill it in; contact data is masked later, never refused."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, StopValidation

from shop.reviews.rules import (
    FACES,
    LONGEST_NICK,
    LONGEST_QUESTION,
    LONGEST_REVIEW,
    LONGEST_THANKS,
    PHRASES,
    Phrase,
    ShownAs,
)
from shop.web.origin import OpenForm
from shop.web.phones import is_phone
from shop.web.storefront.forms import trimmed

OWN_WORDS = "own"
_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@]{2,}")


def _too_long(most: int) -> Length:
    return Length(max=most, message=_l("At most %(most)s characters.", most=most))


class ReviewForm(OpenForm):
    """How it is: one of five faces, words if she likes, and the name that stands beside them."""

    stars = RadioField(
        _l("How do you like it?"),
        choices=lambda: [(str(stars), word) for stars, word in FACES.items()],
        validate_choice=False,
        validators=[InputRequired(_l("Choose one of the five faces."))],
    )
    text = TextAreaField(
        _l("What would you tell a friend?"),
        filters=[trimmed],
        validators=[_too_long(LONGEST_REVIEW)],
    )
    shown_as = RadioField(
        _l("The name beside it"),
        choices=lambda: [(one.value, one.value) for one in ShownAs],
        default=ShownAs.MASKED.value,
        validators=[InputRequired(_l("Choose one of these."))],
    )
    nick = StringField(
        _l("Name of your choice"), filters=[trimmed], validators=[_too_long(LONGEST_NICK)]
    )

    def validate_stars(self, field: RadioField) -> None:
        """Refuse what is none of the five."""
        if field.data not in {str(stars) for stars in FACES}:
            raise StopValidation(_l("Choose one of the five faces."))

    def validate_nick(self, field: StringField) -> None:
        """Ask for a name where one was chosen."""
        if self.shown_as.data == ShownAs.NICK.value and not field.data:
            raise StopValidation(_l("Write the name that shall stand beside it."))

    @property
    def rating(self) -> int:
        """Return the number of stars."""
        return int(self.stars.data)

    @property
    def naming(self) -> ShownAs:
        """Return how she wants to be named."""
        return ShownAs(self.shown_as.data)


class ThanksForm(OpenForm):
    """A card to the maker: ready words, or up to sixty characters of one's own."""

    phrase = RadioField(
        _l("Your card says"),
        choices=lambda: [(one.value, one.value) for one in PHRASES] + [(OWN_WORDS, OWN_WORDS)],
        validators=[InputRequired(_l("Choose a sentence, or write your own."))],
    )
    words = StringField(
        _l("In your own words"), filters=[trimmed], validators=[_too_long(LONGEST_THANKS)]
    )

    def validate_words(self, field: StringField) -> None:
        """Ask for words where she wanted to write her own."""
        if self.phrase.data == OWN_WORDS and not field.data:
            raise StopValidation(_l("Write what the card shall say."))

    @property
    def chosen(self) -> Phrase | None:
        """Return the ready words, or None for her own."""
        return None if self.phrase.data == OWN_WORDS else Phrase(self.phrase.data)


class ObjectionForm(OpenForm):
    """Why a hidden review should be read again."""

    text = TextAreaField(
        _l("Why should it be read again?"),
        filters=[trimmed],
        validators=[
            DataRequired(_l("Tell the town in a sentence or two.")),
            _too_long(LONGEST_REVIEW),
        ],
    )


class QuestionForm(OpenForm):
    """What somebody wants to know, and where to reach her if she likes to be told."""

    text = TextAreaField(
        _l("Your question"),
        filters=[trimmed],
        validators=[DataRequired(_l("What would you like to know?")), _too_long(LONGEST_QUESTION)],
    )
    contact = StringField(
        _l("Telephone or e-mail"),
        filters=[trimmed],
        validators=[_too_long(120)],
    )

    def validate_contact(self, field: StringField) -> None:
        """Take a mail address or a telephone number, or nothing."""
        if not field.data or _MAIL.fullmatch(field.data):
            return
        if "@" in field.data:
            raise StopValidation(_l("This mail address is not complete."))
        is_phone(self, field)
