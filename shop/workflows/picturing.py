"""Pictures: files come in, are looked at, wait for their copies, and are shown by their room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.catalog import services as catalog
from shop.kernel.access import Actor
from shop.kernel.errors import InvalidInput, ShopError
from shop.media import services as media
from shop.media.rules import NewPicture, Sent, Subject, TooManyPictures
from shop.reviews import services as reviews


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """One file that was not taken, and why."""

    name: str
    refusal: ShopError


def add_to_product(
    *, product_id: int, files: Sequence[Sent], actor: Actor, now: datetime
) -> list[RefusedFile]:
    """Hang files as pictures on a listing, each for itself; return those that were not taken.

    Their copies are made by the worker. Of a refused file nothing is kept; the same file again
    hangs once.

    Raises OutOfReach, Forbidden, NotFound for the listing.
    """

    def hang(pictures: Sequence[NewPicture]) -> None:
        catalog.add_pictures(product_id=product_id, pictures=pictures, actor=actor, now=now)

    return _each(files, hang)


def add_to_review(*, order_line_id: int, files: Sequence[Sent], now: datetime) -> list[RefusedFile]:
    """Hang files as pictures beside the review of a line; return those that were not taken.

    The caller has proved whose line it is. Raises NotFound, CannotChangeNow.
    """

    def hang(pictures: Sequence[NewPicture]) -> None:
        reviews.add_pictures(order_line_id=order_line_id, pictures=pictures, now=now)

    return _each(files, hang)


def _each(files: Sequence[Sent], hang: Callable[[Sequence[NewPicture]], None]) -> list[RefusedFile]:
    refused = []
    for file in files:
        try:
            with media.taken_in([file]) as originals:
                hang([NewPicture(original) for original in originals])
        except (InvalidInput, TooManyPictures) as refusal:
            refused.append(RefusedFile(file.name, refusal))
    return refused


def make_next(*, now: datetime) -> bool:
    """Make the copies of the picture that has waited longest; say whether there was one.

    What shows it learns of it in the same transaction. Safe to run from any number of workers.
    """
    return media.make_next(now=now, tell=_tell)


def _tell(subject: Subject, subject_id: int, now: datetime) -> None:
    if subject is Subject.PRODUCT:
        catalog.mirror_pictures(product_id=subject_id, now=now)
    elif subject is Subject.REVIEW:
        reviews.mirror_pictures(review_id=subject_id, now=now)
