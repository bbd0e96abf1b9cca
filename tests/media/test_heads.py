from __future__ import annotations

import random
from io import BytesIO

import pytest
from PIL import Image

from shop.kernel.errors import ShopError
from shop.media.darkroom.heads import Head, head_of
from shop.media.rules import (
    MOST_BYTES,
    NotAPicture,
    PictureDamaged,
    PictureMoves,
    PictureTooLarge,
)
from tests.builders.media import (
    a_little_film,
    a_noisy_picture,
    a_picture,
    a_png_part,
    a_png_that_claims,
    a_zip,
)

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"film" * 1000
HEIC = b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + b"\0" * 100


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(a_picture("JPEG", size=(500, 300)), "JPEG", id="jpeg"),
        pytest.param(
            a_picture("JPEG", size=(500, 300), progressive=True), "JPEG", id="progressive"
        ),
        pytest.param(a_picture("PNG", size=(500, 300)), "PNG", id="png"),
        pytest.param(a_picture("WEBP", size=(500, 300)), "WEBP", id="webp"),
        pytest.param(a_picture("WEBP", size=(500, 300), lossless=True), "WEBP", id="lossless webp"),
        pytest.param(
            a_picture("WEBP", size=(500, 300), mode="RGBA", color=(1, 2, 3, 4)),
            "WEBP",
            id="webp with holes",
        ),
    ],
)
def test_a_head_says_kind_and_size_without_decoding(data, kind):
    assert head_of(data) == Head(kind, 500, 300)


def test_an_iphones_own_kind_is_known_by_its_brand():
    assert head_of(HEIC) == Head("HEIF")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", id="svg"),
        pytest.param(b"%PDF-1.7 ...", id="pdf"),
        pytest.param(a_little_film("GIF"), id="gif"),
        pytest.param(b"RIFF\0\0\0\0AVI LIST", id="another riff"),
        pytest.param(b"MZ" + b"\0" * 500, id="program"),
        pytest.param(a_picture("AVIF"), id="avif"),
        pytest.param(a_picture("TIFF"), id="tiff"),
        pytest.param(a_picture("JPEG") + a_zip(), id="picture and archive"),
        pytest.param(a_picture("PNG") + a_zip(), id="png and archive"),
        pytest.param(a_picture("JPEG", comment=b"<script>alert(1)</script>"), id="page in comment"),
        pytest.param(a_picture("JPEG", comment=b"%PDF-1.4 1 0 obj"), id="picture and document"),
        pytest.param(a_picture("JPEG", comment=b"<?php system();"), id="program in comment"),
    ],
)
def test_what_is_no_picture_or_two_things_at_once_is_refused(data):
    with pytest.raises(NotAPicture):
        head_of(data)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(form):
    with pytest.raises(PictureMoves):
        head_of(a_little_film(form))


@pytest.mark.parametrize(
    "behind",
    [pytest.param(FILM, id="a short film"), pytest.param(a_picture("JPEG"), id="a second picture")],
)
def test_what_phones_hang_behind_a_jpeg_does_not_cost_the_picture(behind):
    assert head_of(a_picture("JPEG", size=(500, 300)) + behind) == Head("JPEG", 500, 300)


def test_a_phones_picture_with_a_map_of_light_behind_it_is_no_film():
    data = a_little_film("MPO")
    with Image.open(BytesIO(data)) as opened:
        assert opened.n_frames == 2

    assert head_of(data).kind == "JPEG"


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(8000, 8000, id="64 million pixels"),
        pytest.param(12_000, 9000, id="108 million pixels"),
        pytest.param(50_000, 50_000, id="2.5 billion pixels"),
        pytest.param(12_001, 1, id="a thread"),
    ],
)
def test_a_bomb_is_refused_by_its_head_alone(width, height):
    with pytest.raises(PictureTooLarge):
        head_of(a_png_that_claims(width, height))


def test_too_many_bytes_are_refused():
    with pytest.raises(PictureTooLarge):
        head_of(a_picture() + b"\0" * MOST_BYTES)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_part_of_a_picture_is_refused_by_name(form, share):
    data = a_noisy_picture(form)

    with pytest.raises(PictureDamaged):
        head_of(data[: max(30, int(len(data) * share))])


def test_a_picture_of_no_pixels_is_refused():
    with pytest.raises(PictureDamaged):
        head_of(a_png_that_claims(0, 10))


def test_a_head_hidden_behind_another_name_is_not_believed():
    data = b"\x89PNG\r\n\x1a\n" + a_png_part(b"tEXt", b"x" * 40)

    with pytest.raises(PictureDamaged):
        head_of(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_whatever_bytes_come_the_answer_is_a_head_or_a_named_refusal(form):
    chance = random.Random(11)
    whole = a_picture(form, size=(40, 30))
    for _ in range(400):
        data = bytearray(whole[: chance.randint(1, len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            head = head_of(bytes(data))
        except ShopError:
            continue
        assert head.width * head.height > 0 or head.kind == "HEIF"
