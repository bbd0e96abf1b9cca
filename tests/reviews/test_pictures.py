from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.media.gateway import storage
from shop.media.rules import PUBLIC, PictureGone, copy_name
from shop.reviews import checks, queries, window
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason
from shop.reviews.services import CannotChangeNow
from shop.reviews.window import Sort
from shop.workflows import picturing, reviewing
from tests.builders.accounts import a_social_worker
from tests.builders.media import a_picture, a_zip, sent
from tests.builders.orders import some_goods
from tests.builders.reviews import DAY, a_review, a_token, an_arrived_order

pytestmark = pytest.mark.usefixtures("app", "bank")


@pytest.fixture
def said(noon):
    """A review without pictures: its goods, its address, its line, its name."""

    class Said:
        goods = some_goods()
        token = a_token(an_arrived_order(now=noon, goods={goods: 1}))
        line_id = reviewing.order_to_review(token).lines[0].line.id
        name = a_review(now=noon, number=reviewing.links.read(reviewing.PURPOSE, token))

        def add(self, *files, now=noon) -> list[str]:
            refused = reviewing.add_pictures(token=self.token, position=1, files=files, now=now)
            return [one.refusal.code for one in refused]

        def develop(self) -> None:
            while picturing.make_next(now=noon):
                pass
            db.session.rollback()

        def shown(self):
            db.session.rollback()
            return window.voices(self.goods.product_id)

        def own(self):
            return queries.own_pictures(self.line_id)

    return Said()


def a_file(red: int, name: str = "IMG.jpg"):
    return sent(a_picture(color=(red, 90, 40)), name)


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for check in checks.CHECKS for f in check.run()]


def test_pictures_are_public_once_their_copies_are_made_and_counted(said):
    assert said.add(a_file(10), a_file(20)) == []
    assert said.shown().reviews[0].pictures == ()
    assert [one.state.value for one in said.own()] == ["waiting", "waiting"]

    said.develop()

    heard = said.shown()
    assert len(heard.reviews[0].pictures) == 2
    assert heard.summary.pictured == 1
    (pictured,) = window.reviews(said.goods.product_id, sort=Sort.PICTURES).items
    assert pictured == heard.reviews[0]
    assert findings() == []


def test_four_are_the_most_and_what_is_no_picture_is_refused_by_name(said):
    assert said.add(*(a_file(red) for red in range(0, 250, 60))) == ["media.too_many"]
    assert said.add(sent(a_zip(), "evil.jpg")) == ["media.not_a_picture"]
    assert said.add(a_file(60)) == []
    assert len(said.own()) == 4


def test_pictures_are_added_for_14_days_and_taken_off_at_any_time(said, noon):
    said.add(a_file(10), now=noon + 13 * DAY)
    with pytest.raises(CannotChangeNow):
        said.add(a_file(20), now=noon + 14 * DAY)
    said.develop()
    (one,) = said.own()

    how = {"token": said.token, "position": 1, "now": noon + 100 * DAY}
    reviewing.take_picture_down(picture=one.public_id, **how)

    assert said.shown().reviews[0].pictures == ()
    assert said.shown().summary.pictured == 0
    with pytest.raises(PictureGone):
        reviewing.take_picture_down(picture=one.public_id, **how)
    assert findings() == []


def test_pictures_of_a_hidden_review_are_hidden_with_its_words(said, noon):
    said.add(a_file(10))
    said.develop()
    hiding = reviews.propose_hiding(
        public_id=said.name,
        reason=HidingReason.PERSONAL_DATA,
        note="脸",
        actor=a_social_worker(),
        now=noon,
    )
    reviews.confirm_hiding(public_id=hiding, actor=a_social_worker(), now=noon)

    assert said.shown().reviews[0].pictures == ()
    with pytest.raises(CannotChangeNow):
        said.add(a_file(20))
    reviews.show_again(public_id=hiding, actor=SYSTEM, now=noon)
    assert len(said.shown().reviews[0].pictures) == 1


def test_no_picture_goes_beside_anothers_review_or_none(said, noon):
    unsaid = a_token(an_arrived_order(now=noon))
    other = a_token(an_arrived_order(now=noon, goods={some_goods(): 1}))
    a_review(now=noon, number=reviewing.links.read(reviewing.PURPOSE, other))
    said.add(a_file(10))
    (one,) = said.own()
    for token, position in ((unsaid, 1), (said.token, 2), ("forged", 1)):
        with pytest.raises(NotFound):
            reviewing.add_pictures(token=token, position=position, files=[a_file(1)], now=noon)
    with pytest.raises(PictureGone):
        reviewing.take_picture_down(token=other, position=1, picture=one.public_id, now=noon)
    assert len(said.own()) == 1
    assert len(list(storage().lying("originals"))) == 1


def test_where_a_picture_was_taken_does_not_leave_the_house(said):
    place = b"Exif\x00\x00GPS 31.94N 108.66E"
    said.add(sent(a_picture(exif=place), "home.jpg"))
    said.develop()
    (picture,) = said.shown().reviews[0].pictures
    for width in map(int, picture.widths.split()):
        for form in picture.forms.split():
            name = f"{PUBLIC}/{copy_name(picture.digest, width=width, form=form)}"
            assert b"GPS" not in storage().get(name)


def test_the_checks_see_other_pictures_than_the_room_has(said):
    said.add(a_file(10))
    said.develop()
    for fault in (
        "UPDATE reviews SET pictures = ''",
        "UPDATE reviews SET picture_count = 2",
        "UPDATE pictures SET state = 'removed'",
    ):
        db.session.execute(sa.text(fault))
        codes = {f.code for check in checks.CHECKS for f in check.run()}
        db.session.rollback()
        assert "V5" in codes, fault
