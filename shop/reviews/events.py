"""What happened to what buyers say; ids only, the product last: its pages are out of date."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ReviewPublished(Event):
    """A buyer said how it is."""

    review_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class ReviewEdited(Event):
    """She changed her words, once; the first ones are kept."""

    review_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class ReviewPictured(Event):
    """Other pictures stand beside a review than before."""

    review_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class ReviewAnswered(Event):
    """The workshop answered, or changed its answer: ``version`` says which."""

    review_id: int
    version: int
    product_id: int


@dataclass(frozen=True, slots=True)
class HidingProposed(Event):
    """One person named a reason to hide a review; nothing is hidden yet."""

    hiding_id: int
    review_id: int


@dataclass(frozen=True, slots=True)
class HidingDropped(Event):
    """A second person saw no reason, or the first took it back."""

    hiding_id: int
    review_id: int


@dataclass(frozen=True, slots=True)
class ReviewHidden(Event):
    """A second person agreed; the words are hidden, the stars count on."""

    hiding_id: int
    review_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class HidingObjected(Event):
    """The buyer asked the town to look at it."""

    hiding_id: int
    review_id: int


@dataclass(frozen=True, slots=True)
class HidingUpheld(Event):
    """The town looked: it stays hidden."""

    hiding_id: int
    review_id: int


@dataclass(frozen=True, slots=True)
class ReviewShownAgain(Event):
    """The words can be read again, because the town or the room said so."""

    hiding_id: int
    review_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class BuyerFollowedUp(Event):
    """Somebody of the workshop spoke with a buyer who was not content."""

    review_id: int


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """Somebody wants to know something before buying."""

    question_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    """The workshop answered, or changed its answer; the question is public now."""

    question_id: int
    version: int
    product_id: int


@dataclass(frozen=True, slots=True)
class QuestionSetAside(Event):
    """A question will not be shown: nobody could learn from it."""

    question_id: int


@dataclass(frozen=True, slots=True)
class AskerForgotten(Event):
    """What an asker left to be reached by is gone."""

    question_id: int


@dataclass(frozen=True, slots=True)
class MakerThanked(Event):
    """A buyer wrote a card to a maker."""

    thank_you_id: int


@dataclass(frozen=True, slots=True)
class ThanksDecided(Event):
    """The station read a card in a buyer's own words and let it through, or not."""

    thank_you_id: int
