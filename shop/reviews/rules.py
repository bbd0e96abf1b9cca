"""Who may say what and until when, what may be hidden and why. Pure: no database, no clock.

Duties: reviews are never deleted (E-commerce Law art. 39), sellers may not invent or buy them
(art. 17), and what is hidden is hidden for a reason of law that everybody can read.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.i18n import N_
from shop.kernel.masking import mask_contacts

WRITE_WINDOW = timedelta(days=180)
EDIT_WINDOW = timedelta(days=14)
# A complaint about a hidden review is answered like every complaint: in seven days (domain.md 3).
OBJECTION_ANSWERED_WITHIN = timedelta(days=7)
# What an asker left to be reached by is needed until she has read the answer, and no longer.
CONTACT_KEPT_AFTER_ANSWER = timedelta(days=30)
CONTACT_KEPT_UNANSWERED = timedelta(days=90)

STARS = range(1, 6)
LOW_STARS = 2  # up to here somebody rings the buyer
FEWEST_FOR_AVERAGE = 3  # one friend is no average
LONGEST_REVIEW = 1000
LONGEST_NICK = 20
LONGEST_QUESTION = 300
LONGEST_ANSWER = 1000
LONGEST_NOTE = 200
LONGEST_THANKS = 60
MASKED_NAME_TAIL = "**"
# Nobody who bought something signs as if she sold it.
HOUSE_NAMES = ("灯梁", "客服", "官方", "社工", "店主", "dengliang", "official", "staff", "admin")


class ShownAs(StrEnum):
    """How a buyer wants to be named beside her review."""

    MASKED = "masked"
    NICK = "nick"
    ANONYMOUS = "anonymous"


class HidingReason(StrEnum):
    """The closed list of reasons for which a review may be hidden; dislike is none of them."""

    UNLAWFUL = "unlawful"
    PERSONAL_DATA = "personal_data"
    ABUSE = "abuse"
    OTHER_PRODUCT = "other_product"
    SPAM = "spam"


class HidingState(StrEnum):
    """Where one hiding stands; only the middle three hide anything."""

    PROPOSED = "proposed"
    DROPPED = "dropped"
    STANDING = "standing"
    OBJECTED = "objected"
    UPHELD = "upheld"
    LIFTED = "lifted"


class QuestionState(StrEnum):
    """A question is public with its answer, never before."""

    OPEN = "open"
    ANSWERED = "answered"
    SET_ASIDE = "set_aside"


class ThanksState(StrEnum):
    """A card to a maker: read by the station first, then hers."""

    WAITING = "waiting"
    SHOWN = "shown"
    KEPT_BACK = "kept_back"


class Phrase(StrEnum):
    """Ready words for a card; nobody needs to look at these first."""

    FITS = "fits"
    HANDS = "hands"
    GIFT = "gift"
    MOTHER = "mother"
    AGAIN = "again"
    WARM = "warm"


# What each is called; said in the reader's language where it is shown.
FACES: dict[int, str] = {
    5: N_("Very happy"),
    4: N_("Happy"),
    3: N_("It is all right"),
    2: N_("Not happy"),
    1: N_("Not happy at all"),
}
REASONS: dict[HidingReason, str] = {
    HidingReason.UNLAWFUL: N_("it says what the law forbids"),
    HidingReason.PERSONAL_DATA: N_("it tells personal data of somebody"),
    HidingReason.ABUSE: N_("it insults somebody"),
    HidingReason.OTHER_PRODUCT: N_("it is about something else"),
    HidingReason.SPAM: N_("it advertises something"),
}
PHRASES: dict[Phrase, str] = {
    Phrase.HANDS: N_("I can see the care in every strand."),
    Phrase.FITS: N_("It fits as if it were made for me."),
    Phrase.GIFT: N_("I gave it away, and it was loved."),
    Phrase.MOTHER: N_("My mother wears it every day."),
    Phrase.AGAIN: N_("I will come back for another one."),
    Phrase.WARM: N_("Thank you for the work of your hands. Keep well."),
}

HIDING_MOVES: dict[HidingState, frozenset[HidingState]] = {
    HidingState.PROPOSED: frozenset({HidingState.STANDING, HidingState.DROPPED}),
    HidingState.DROPPED: frozenset(),
    HidingState.STANDING: frozenset({HidingState.OBJECTED, HidingState.LIFTED}),
    HidingState.OBJECTED: frozenset({HidingState.UPHELD, HidingState.LIFTED}),
    HidingState.UPHELD: frozenset(),
    HidingState.LIFTED: frozenset(),
}
HIDES = frozenset({HidingState.STANDING, HidingState.OBJECTED, HidingState.UPHELD})
UNDER_WAY = frozenset({HidingState.PROPOSED}) | HIDES
QUESTION_MOVES: dict[QuestionState, frozenset[QuestionState]] = {
    QuestionState.OPEN: frozenset({QuestionState.ANSWERED, QuestionState.SET_ASIDE}),
    QuestionState.ANSWERED: frozenset(),
    QuestionState.SET_ASIDE: frozenset({QuestionState.ANSWERED}),
}
THANKS_MOVES: dict[ThanksState, frozenset[ThanksState]] = {
    ThanksState.WAITING: frozenset({ThanksState.SHOWN, ThanksState.KEPT_BACK}),
    ThanksState.SHOWN: frozenset(),
    ThanksState.KEPT_BACK: frozenset(),
}


def hiding_sources(state: HidingState) -> list[HidingState]:
    """Return the states from which a hiding may become ``state``."""
    return sorted(before for before, after in HIDING_MOVES.items() if state in after)


def question_sources(state: QuestionState) -> list[QuestionState]:
    """Return the states from which a question may become ``state``."""
    return sorted(before for before, after in QUESTION_MOVES.items() if state in after)


def thanks_sources(state: ThanksState) -> list[ThanksState]:
    """Return the states from which a card may become ``state``."""
    return sorted(before for before, after in THANKS_MOVES.items() if state in after)


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of an order as far as a review needs it.

    arrived        pieces that reached the buyer: bought, less those cancelled before they left.
                   What came back afterwards counts: she had it in her hands.
    received_at    when they reached her; None while they have not.
    buyer_name     as she gave it with the order; only its first sign may ever be shown.
    """

    order_id: int
    order_line_id: int
    product_id: int
    variant_id: int
    workshop_id: int
    station_id: int
    maker_id: int | None
    arrived: int
    received_at: datetime | None
    buyer_name: str


def write_until(bought: Bought) -> datetime | None:
    """Return until when a line may be reviewed; None when it cannot (yet)."""
    if bought.received_at is None or bought.arrived <= 0:
        return None
    return bought.received_at + WRITE_WINDOW


def edit_until(written_at: datetime, edited_at: datetime | None) -> datetime | None:
    """Return until when a review may be changed; None when it was changed once already."""
    return None if edited_at is not None else written_at + EDIT_WINDOW


def cleaned(text: str, *, keep: tuple[str, ...] = ()) -> str:
    """Return what a person wrote, as it may be shown: no signs nobody types, no contact data.

    keep    telephone numbers that may stand. Never longer than what was written.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    typed = "".join(sign for sign in plain if sign.isprintable() or sign == "\n").strip()
    return mask_contacts(typed, keep=keep)


def masked_name(name: str) -> str:
    """Return the first sign of a name and two stars: 刘女士 gives 刘**; nothing for no name."""
    first = next((sign for sign in name.strip() if sign.isalpha()), "")
    return f"{first.upper()}{MASKED_NAME_TAIL}" if first else ""


def is_house_name(nick: str) -> bool:
    """Say whether a nick sounds as if the shop itself were speaking."""
    plain = unicodedata.normalize("NFKC", nick).lower()
    return any(name in plain for name in HOUSE_NAMES)


def pictures_until(written_at: datetime) -> datetime:
    """Return until when pictures may be added to a review; one may be taken down at any time."""
    return written_at + EDIT_WINDOW


def is_low(stars: int) -> bool:
    """Say whether a rating asks somebody to ring the buyer."""
    return stars <= LOW_STARS


def average_tenths(rating_sum: int, rating_count: int) -> int | None:
    """Return the average in tenths of a star, half up; None below three ratings."""
    if rating_count < FEWEST_FOR_AVERAGE:
        return None
    return (20 * rating_sum + rating_count) // (2 * rating_count)
