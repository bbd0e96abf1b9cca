"""The pictures of one listing: sent, described, moved and taken off; and what buyers get."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from shop.catalog import desk
from shop.kernel.access import Scope
from shop.media import services as media
from shop.media.gateway import storage
from shop.media.rules import MOST_OF, ORIGINALS, Subject
from tests.builders.catalog import a_product
from tests.builders.films import a_film
from tests.builders.media import a_little_film, a_picture, a_png_that_claims
from tests.builders.stations import CIZHU, a_room, a_workshop

# Made with pillow-heif: a square of blue in copper, with a phone's name and a place in it.
HEIC = (Path(__file__).parents[2] / "media/data/small.heic").read_bytes()
WORDS = {"alt": "一双凉鞋", "alt_en": "A pair of sandals", "focus": "31"}


def text_of(response) -> str:
    return response.get_data(as_text=True)


def a_file(content: bytes | None = None, name: str = "IMG_0001.jpg") -> tuple[BytesIO, str]:
    return BytesIO(a_picture() if content is None else content), name


class Sandals:
    """Goods on sale, without a picture at first; ``page`` is where they change."""

    def __init__(self, in_app, now) -> None:
        in_app(lambda: a_product(now=now, workshop_id=a_workshop()))
        (listing,) = in_app(lambda: desk.listings(Scope(("/",))).items)
        self.in_app, self.now = in_app, now
        self.address = f"/goods/{listing.slug}"
        self.public_id = listing.public_id
        self.page = f"/desk/goods/{listing.public_id}/pictures"

    @property
    def pictures(self):
        return self.in_app(lambda: desk.listing(self.public_id, Scope(("/",))).photos)

    def develop(self) -> None:
        while self.in_app(lambda: media.make_next(now=self.now)):
            pass


@pytest.fixture
def sandals(in_app, noon) -> Sandals:
    return Sandals(in_app, noon)


@pytest.fixture
def zhou_min(worker):
    return worker()


def describe(zhou_min, sandals, picture, **changes):
    said = {f"{picture}-{name}": value for name, value in {**WORDS, **changes}.items()}
    return zhou_min.send(f"{sandals.page}/{picture}/words", said, via=sandals.page)


def test_a_picture_goes_from_the_phone_to_the_window(zhou_min, visitor, sandals):
    zhou_min.send(
        sandals.page, {"files": a_file(a_picture(size=(1300, 1000), comment=b"house 12"))}
    )
    (picture,) = sandals.pictures
    sandals.develop()
    assert "Waits for its words" in text_of(zhou_min.open(f"{sandals.page}?lang=en"))
    assert "<picture>" not in text_of(visitor.open(sandals.address))

    describe(zhou_min, sandals, picture.public_id)

    goods = text_of(visitor.open(f"{sandals.address}?lang=en"))
    assert 'alt="A pair of sandals"' in goods
    assert 'data-focus="31"' in goods
    assert 'alt="一双凉鞋"' in text_of(visitor.open(f"{sandals.address}?lang=zh"))
    addresses = set(re.findall(r"/media/[^ \"]+", goods))
    assert {a.rsplit(".")[-1] for a in addresses} == {"avif", "webp", "jpg"}
    assert {a.rsplit("-")[-1].split(".")[0] for a in addresses} == {"320", "640", "1080", "1300"}
    for address in addresses:
        with visitor.client.get(address) as sent:
            assert sent.status_code == 200
            form = address.rsplit(".")[-1]
            assert sent.mimetype == f"image/{'jpeg' if form == 'jpg' else form}"
            assert sent.headers["X-Content-Type-Options"] == "nosniff"
            assert sent.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert sent.headers["Vary"] == "Accept-Encoding"
            assert b"house 12" not in sent.get_data()
    assert list(storage().lying(ORIGINALS)) == []


def test_a_short_video_is_played_where_it_stands(zhou_min, visitor, sandals):
    zhou_min.send(sandals.page, {"files": a_file(a_film(), "VID_0001.mp4")})
    (picture,) = sandals.pictures
    sandals.develop()
    assert "<video" in text_of(zhou_min.open(sandals.page))

    describe(zhou_min, sandals, picture.public_id, captions="先起底", captions_en="First the base")

    goods = text_of(visitor.open(f"{sandals.address}?lang=en"))
    (film,) = re.findall(r'<video[^>]*preload="none"[^>]*><source src="([^"]+)"', goods)
    assert "First the base" in goods
    with visitor.client.get(film) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "video/mp4")


def test_the_card_in_a_list_shows_the_cover(zhou_min, visitor, sandals):
    zhou_min.send(
        sandals.page, {"files": [a_file(a_picture(size=(400 + n, 300))) for n in range(2)]}
    )
    first, second = sandals.pictures
    sandals.develop()
    for picture in (first, second):
        describe(zhou_min, sandals, picture.public_id)
    assert "400w" in text_of(visitor.open("/goods"))

    zhou_min.send(f"{sandals.page}/{second.public_id}/place", {"to": "first"}, via=sandals.page)

    assert "401w" in text_of(visitor.open("/goods"))
    zhou_min.send(f"{sandals.page}/{second.public_id}/off", via=sandals.page)
    assert "400w" in text_of(visitor.open("/goods"))


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        pytest.param({"alt": ""}, "in Chinese", id="no Chinese"),
        pytest.param({"alt_en": "  "}, "in English", id="no English"),
    ],
)
def test_words_are_needed_in_both_languages(zhou_min, sandals, said, missing):
    zhou_min.send(sandals.page, {"files": a_file()})
    (picture,) = sandals.pictures
    name = picture.public_id
    zhou_min.open(f"{sandals.page}?lang=en")

    typed = {f"{name}-{field}": value for field, value in {**WORDS, **said}.items()}
    refused = zhou_min.send(f"{sandals.page}/{name}/words", typed, via=sandals.page, status=422)

    assert f"Say {missing} what is seen." in text_of(refused)
    kept = WORDS["alt_en"] if "alt" in said else WORDS["alt"]
    assert f'value="{kept}"' in text_of(refused)
    assert sandals.pictures[0].alt == ""


@pytest.mark.parametrize(
    ("content", "status", "why"),
    [
        pytest.param(b"hello", 415, "not a picture", id="words"),
        pytest.param(a_picture("PNG") + b"PK\5\6" + bytes(18), 415, "not a picture", id="polyglot"),
        pytest.param(a_picture()[:-100], 422, "to its end", id="cut off"),
        pytest.param(a_png_that_claims(10_000, 10_000), 413, "too large", id="100 megapixels"),
        pytest.param(a_little_film("PNG"), 415, "moves", id="a film"),
    ],
)
def test_what_is_refused_is_named_with_its_reason_and_the_rest_is_kept(
    zhou_min, sandals, content, status, why
):
    zhou_min.open(f"{sandals.page}?lang=en")

    refused = zhou_min.send(
        sandals.page, {"files": [a_file(content, "strange.bin"), a_file()]}, status=status
    )

    (line,) = re.findall(r"strange\.bin</p>\s*<p>([^<]+)", text_of(refused))
    assert why in line
    (picture,) = sandals.pictures
    assert picture.sent_as == "IMG_0001.jpg"
    assert len(list(storage().lying(ORIGINALS))) == 1


@pytest.mark.parametrize("is_read", [True, False])
def test_an_iphones_own_kind_is_read_where_the_extra_is_and_else_refused(
    zhou_min, sandals, monkeypatch, is_read
):
    monkeypatch.setattr(media, "reads_heif", lambda: is_read)
    zhou_min.open(f"{sandals.page}?lang=en")

    answer = zhou_min.send(
        sandals.page, {"files": a_file(HEIC, "IMG_0001.HEIC")}, status=302 if is_read else 415
    )

    if is_read:
        sandals.develop()
        assert [picture.shown.width for picture in sandals.pictures] == [64]
    else:
        assert "Most Compatible" in text_of(answer)
        assert sandals.pictures == ()


def test_a_script_hears_the_reasons_as_words(zhou_min, sandals):
    zhou_min.open(f"{sandals.page}?lang=en")
    token = zhou_min.token(sandals.page)

    def send(*files):
        return zhou_min.client.post(
            sandals.page,
            data={"csrf_token": token, "files": list(files)},
            headers={"Accept": "application/json"},
        )

    good, bad, none = send(a_file()), send(a_file(b"hello", "a.txt")), send()
    assert (good.status_code, good.json) == (200, {"refused": []})
    assert bad.status_code == 415
    assert bad.json["refused"][0].startswith("This is not a picture")
    assert none.json == {"refused": ["Choose a picture first."]}


def test_more_than_there_may_be_is_refused(zhou_min, sandals):
    zhou_min.open(f"{sandals.page}?lang=en")
    most = MOST_OF[Subject.PRODUCT]
    files = [a_file(a_picture(size=(20 + n, 20))) for n in range(most + 1)]

    refused = zhou_min.send(sandals.page, {"files": files}, status=409)

    assert f"There are {most} pictures already" in text_of(refused)
    assert len(sandals.pictures) == most


@pytest.mark.parametrize(
    ("megabytes", "says"),
    [
        pytest.param(16, "at most 15 MB", id="one picture too heavy"),
        pytest.param(60, "What was sent is too large", id="more than travels at once"),
    ],
)
def test_what_is_too_heavy_is_refused_in_words(zhou_min, sandals, megabytes, says):
    zhou_min.open(f"{sandals.page}?lang=en")
    heavy = FileStorage(BytesIO(bytes(megabytes * 1024**2)), filename="IMG_0001.jpg")
    boundary, body = encode_multipart({"csrf_token": zhou_min.token(sandals.page), "files": heavy})

    refused = zhou_min.client.post(
        sandals.page,
        input_stream=BytesIO(body),
        content_length=len(body),
        content_type=f'multipart/form-data; boundary="{boundary}"',
    )

    assert refused.status_code == 413
    assert says in text_of(refused)
    assert sandals.pictures == ()
    assert list(storage().lying(ORIGINALS)) == []


def test_goods_of_another_village_have_no_pictures_for_her(zhou_min, sandals, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        a_product(now=noon, workshop_id=other, title="山脊墙饰", code="D-01")

    in_app(elsewhere)
    hanging = in_app(lambda: desk.listings(Scope(("/",))).items[0])
    theirs = f"/desk/goods/{hanging.public_id}/pictures"

    zhou_min.open(theirs, status=404)
    zhou_min.send(theirs, {"files": a_file()}, via=sandals.page, status=404)
    assert list(storage().lying(ORIGINALS)) == []


@pytest.mark.parametrize(
    "path",
    ["ab/none.webp", "../originals/x", "ab/" + "0" * 32 + "-640.webp", "ab/" + "0" * 32 + ".svg"],
)
def test_no_other_file_is_ever_sent(visitor, path):
    visitor.open(f"/media/{path}", status=404)
