from __future__ import annotations

import random
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from shop.media.darkroom import developing, door
from shop.media.darkroom.developing import develop
from shop.media.darkroom.door import DarkroomFailed, developed
from shop.media.darkroom.heads import head_of
from shop.media.rules import FORMS, HeicUnread, PictureDamaged, PictureTooLarge
from tests.builders.media import (
    COPPER,
    a_little_film,
    a_noisy_picture,
    a_picture,
    a_picture_red_on_the_left,
    a_png_that_claims,
)

KINDS = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}


def made(data: bytes, folder: Path):
    return develop(data, kind=head_of(data).kind, folder=folder)


def everything_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def the_jpeg(folder: Path) -> Image.Image:
    widest = max(folder.glob("*.jpg"), key=lambda path: int(path.stem))
    return Image.open(BytesIO(widest.read_bytes()))


def test_a_picture_becomes_four_widths_in_three_forms(tmp_path):
    copies = made(a_picture(size=(2000, 1000)), tmp_path)

    assert (copies.width, copies.height) == (1600, 800)
    assert copies.widths == (320, 640, 1080, 1600)
    assert len(everything_in(tmp_path)) == 12
    for width in copies.widths:
        for form in FORMS:
            with Image.open(tmp_path / f"{width}.{form}") as copy:
                assert copy.size == (width, width // 2)
                assert copy.format == KINDS[form]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_every_kind_that_is_taken_is_developed(tmp_path, form):
    assert made(a_picture(form, size=(400, 300)), tmp_path).widths == (320, 400)


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        pytest.param(200, (200,), id="a thumbnail"),
        pytest.param(320, (320,), id="just the first"),
        pytest.param(700, (320, 640, 700), id="between two"),
    ],
)
def test_a_small_picture_is_never_enlarged(tmp_path, width, widths):
    copies = made(a_picture(size=(width, 100)), tmp_path)

    assert copies.widths == widths
    assert copies.width == width


def test_nothing_that_was_written_into_the_picture_leaves_with_it(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "PhoneOfZhouMin"
    gps = exif.get_ifd(0x8825)
    gps[2] = (31.0, 57.0, 1.5)
    data = a_picture(
        "JPEG",
        exif=exif,
        comment=b"Wang Xiulan, house 12",
        xmp=b"<x:xmpmeta>house 12</x:xmpmeta>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    assert b"house 12" in data

    made(data, tmp_path)

    for file in everything_in(tmp_path):
        content = file.read_bytes()
        assert b"house 12" not in content
        assert b"PhoneOfZhouMin" not in content
        assert b"Exif" not in content
        with Image.open(file) as copy:
            copy.load()
            assert not copy.getexif()
            assert not {"comment", "xmp", "exif", "icc_profile"} & set(copy.info)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_words_inside_other_kinds_do_not_leave_with_them(tmp_path, form):
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Wang Xiulan, house 12")
    how = {"pnginfo": words} if form == "PNG" else {"xmp": b"<x>house 12</x>"}
    made(a_picture(form, **how), tmp_path)

    assert all(b"house 12" not in file.read_bytes() for file in everything_in(tmp_path))


def test_a_picture_taken_with_the_phone_on_its_side_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: to be shown turned right by 90 degrees

    copies = made(a_picture_red_on_the_left(exif=exif), tmp_path)

    assert (copies.width, copies.height) == (200, 400)
    top, bottom = (the_jpeg(tmp_path).getpixel((100, y)) for y in (50, 350))
    assert top[0] > 200
    assert top[2] < 60
    assert bottom[2] > 200
    assert bottom[0] < 60


def test_transparent_parts_become_paper(tmp_path):
    made(a_picture("PNG", mode="RGBA", color=(0, 0, 0, 0)), tmp_path)

    assert min(the_jpeg(tmp_path).getpixel((10, 10))) > 250


def test_sixteen_bit_gray_keeps_its_shade(tmp_path):
    made(a_picture("PNG", mode="I;16", color=128 * 256), tmp_path)

    assert the_jpeg(tmp_path).getpixel((10, 10))[0] == pytest.approx(128, abs=3)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_every_color_mode_becomes_an_ordinary_picture(tmp_path, mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    color = (0,) * len(mode) if mode in {"CMYK", "LA"} else 0
    made(a_picture(form, mode=mode, color=color), tmp_path)

    assert the_jpeg(tmp_path).mode == "RGB"


def test_a_picture_in_other_colors_is_turned_into_the_common_ones(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made(a_picture(icc_profile=profile, quality=95), tmp_path)

    assert the_jpeg(tmp_path).getpixel((100, 100)) == pytest.approx(COPPER, abs=6)


def test_an_iphones_own_kind_is_developed_and_says_no_more_where_it_was(tmp_path):
    data = (Path(__file__).parent / "data/small.heic").read_bytes()
    assert b"PhoneOfZhouMin" in data

    copies = made(data, tmp_path)

    assert (copies.width, copies.height) == (64, 48)
    blue, copper = (the_jpeg(tmp_path).getpixel((x, 24)) for x in (8, 56))
    assert blue == pytest.approx((20, 60, 160), abs=30)
    assert copper == pytest.approx((200, 100, 40), abs=30)
    assert all(b"PhoneOfZhouMin" not in file.read_bytes() for file in everything_in(tmp_path))


def test_an_iphones_own_kind_is_refused_by_name_without_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = (Path(__file__).parent / "data/small.heic").read_bytes()

    with pytest.raises(HeicUnread):
        made(data, tmp_path)


def test_a_broken_color_profile_does_not_cost_the_picture(tmp_path):
    assert made(a_picture(icc_profile=b"not a profile at all"), tmp_path).width == 600


def test_what_phones_hang_behind_a_picture_is_left_behind(tmp_path):
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"film" * 1000
    made(a_little_film("MPO") + film, tmp_path)

    assert all(b"ftypmp42" not in file.read_bytes() for file in everything_in(tmp_path))


def test_the_ground_to_wait_on_is_the_middle_color(tmp_path):
    assert made(a_picture(color=(200, 130, 60)), tmp_path).tint == "32"


def test_a_bomb_is_refused_before_a_pixel_of_it_is_made(tmp_path):
    with pytest.raises(PictureTooLarge):
        develop(a_png_that_claims(8000, 8000), kind="PNG", folder=tmp_path)

    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused_and_nothing_is_made(tmp_path, form):
    data = a_noisy_picture(form)

    with pytest.raises(PictureDamaged):
        develop(data[: len(data) // 2], kind=form, folder=tmp_path)

    assert everything_in(tmp_path) == []


def test_no_other_decoder_is_tried_than_the_one_the_head_names(tmp_path):
    with pytest.raises(PictureDamaged):
        develop(a_picture("PNG"), kind="JPEG", folder=tmp_path)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_whatever_a_file_holds_the_darkroom_makes_copies_or_refuses(tmp_path, form):
    chance = random.Random(7)
    whole = a_picture(form, size=(40, 30))
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            copies = develop(bytes(data), kind=form, folder=tmp_path)
        except (PictureDamaged, PictureTooLarge):
            continue
        assert (tmp_path / f"{copies.width}.webp").is_file()


def test_the_small_process_makes_the_same(tmp_path):
    data = a_picture(size=(700, 500))
    here = made(data, tmp_path)

    there = developed(data, kind="JPEG")

    assert (there.width, there.height, there.widths, there.tint) == (
        here.width,
        here.height,
        here.widths,
        here.tint,
    )
    assert set(there.copies) == {(width, form) for width in (320, 640, 700) for form in FORMS}
    for (width, form), content in there.copies.items():
        assert content == (tmp_path / f"{width}.{form}").read_bytes()


def test_the_small_process_refuses_by_name():
    with pytest.raises(PictureDamaged):
        developed(a_picture("JPEG"), kind="PNG")


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        pytest.param(door.sys, "executable", "/bin/false", id="dies"),
        pytest.param(door.sys, "executable", "/bin/true", id="says nothing"),
        pytest.param(door, "PATIENCE_SECONDS", 0.01, id="takes too long"),
    ],
)
def test_a_process_that_fails_is_no_refusal_of_the_picture(monkeypatch, place, name, value):
    monkeypatch.setattr(place, name, value)

    with pytest.raises(DarkroomFailed):
        developed(a_picture(), kind="JPEG")


def test_the_small_process_is_poor_and_knows_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_SECRET_KEY", "nobody in the darkroom knows")
    told = tmp_path / "told"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {told}\n")
    spy.chmod(0o700)
    monkeypatch.setattr(door.sys, "executable", str(spy))

    with pytest.raises(DarkroomFailed):
        developed(a_picture(), kind="JPEG")

    assert "SECRET" not in told.read_text()


def test_the_biggest_picture_allowed_fits_into_the_memory_allowed():
    data = a_picture("PNG", size=(8000, 5000), mode="RGBA", color=(9, 8, 7, 6), compress_level=1)

    assert developed(data, kind="PNG").width == developing.WIDTHS[-1]
