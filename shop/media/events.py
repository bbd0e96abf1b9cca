"""What happened to pictures."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PictureReady(Event):
    """The copies of a picture are made; with its words it is shown from now on."""

    picture_id: int
    subject: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class PictureRefused(Event):
    """No copies can be made of what was sent; ``reason`` is the code of the refusal."""

    picture_id: int
    subject: str
    subject_id: int
    reason: str
