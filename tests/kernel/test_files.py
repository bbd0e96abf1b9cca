from __future__ import annotations

import random
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from shop.kernel.files import (
    FORMATS,
    MOST_BYTES,
    WIDTHS,
    DamagedPhotograph,
    NotAPhotograph,
    PhotographTooLarge,
    keep_photograph,
    photograph_path,
)


def a_picture(
    form: str = "JPEG",
    *,
    size: tuple[int, int] = (1200, 900),
    mode: str = "RGB",
    color: tuple[int, ...] | int = (180, 90, 40),
    **how: object,
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, color).save(out, form, **how)
    return out.getvalue()


def a_picture_red_on_the_left(form: str = "JPEG", **how: object) -> bytes:
    picture = Image.new("RGB", (400, 200), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 200, 200))
    out = BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def a_png_that_claims(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def kept(folder: Path, digest: str, width: int = 1600, form: str = "webp") -> Path:
    return folder / "public" / photograph_path(digest, width=width, form=form)


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_is_kept_in_three_widths_and_two_formats(tmp_path, form):
    photo = keep_photograph(a_picture(form, size=(2000, 2500)), folder=tmp_path)

    assert (photo.width, photo.height) == (1600, 2000)
    for width in WIDTHS:
        for kind in FORMATS:
            with Image.open(kept(tmp_path, photo.digest, width, kind)) as copy:
                assert copy.size == (width, width * 5 // 4)
                assert copy.format == {"webp": "WEBP", "jpg": "JPEG"}[kind]


def test_a_small_photograph_is_never_enlarged_yet_has_every_name(tmp_path):
    photo = keep_photograph(a_picture(size=(300, 200)), folder=tmp_path)

    assert (photo.width, photo.height) == (300, 200)
    assert all(kept(tmp_path, photo.digest, width).is_file() for width in WIDTHS)
    with Image.open(kept(tmp_path, photo.digest)) as copy:
        assert copy.size == (300, 200)


def test_the_same_picture_sent_twice_is_kept_once(tmp_path):
    first = keep_photograph(a_picture(), folder=tmp_path)
    files = sorted(everything_in(tmp_path))
    second = keep_photograph(a_picture(), folder=tmp_path)

    assert first == second
    assert sorted(everything_in(tmp_path)) == files
    assert len(files) == len(WIDTHS) * len(FORMATS)


def test_two_pictures_never_share_a_name(tmp_path):
    one = keep_photograph(a_picture(color=(1, 2, 3)), folder=tmp_path)
    other = keep_photograph(a_picture(color=(200, 2, 3)), folder=tmp_path)

    assert one.digest != other.digest


def test_nothing_that_was_written_into_the_picture_leaves_with_it(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "PhoneOfZhouMin"
    gps = exif.get_ifd(0x8825)
    gps[2] = (31.0, 57.0, 1.5)
    data = a_picture(
        "JPEG", exif=exif, comment=b"Wang Xiulan, house 12", xmp=b"<x:xmpmeta>house 12</x:xmpmeta>"
    )
    assert b"house 12" in data

    photo = keep_photograph(data, folder=tmp_path)

    for file in everything_in(tmp_path):
        content = file.read_bytes()
        assert b"house 12" not in content
        assert b"PhoneOfZhouMin" not in content
        assert b"Exif" not in content
        with Image.open(file) as copy:
            copy.load()
            assert not copy.getexif()
            assert not {"comment", "xmp", "exif", "icc_profile"} & set(copy.info)
    assert photo.digest


def test_words_inside_a_png_do_not_leave_with_it(tmp_path):
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Wang Xiulan, house 12")
    keep_photograph(a_picture("PNG", pnginfo=words), folder=tmp_path)

    assert all(b"house 12" not in file.read_bytes() for file in everything_in(tmp_path))


def test_a_picture_taken_with_the_phone_on_its_side_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: to be shown turned right by 90 degrees

    photo = keep_photograph(a_picture_red_on_the_left(exif=exif), folder=tmp_path)

    assert (photo.width, photo.height) == (200, 400)
    with Image.open(kept(tmp_path, photo.digest, form="jpg")) as copy:
        top, bottom = copy.getpixel((100, 50)), copy.getpixel((100, 350))
        assert top[0] > 200
        assert top[2] < 60
        assert bottom[2] > 200
        assert bottom[0] < 60


def test_transparent_parts_become_paper(tmp_path):
    photo = keep_photograph(a_picture("PNG", mode="RGBA", color=(0, 0, 0, 0)), folder=tmp_path)

    with Image.open(kept(tmp_path, photo.digest, form="jpg")) as copy:
        assert min(copy.getpixel((10, 10))) > 250


def test_sixteen_bit_gray_keeps_its_shade(tmp_path):
    photo = keep_photograph(a_picture("PNG", mode="I;16", color=128 * 256), folder=tmp_path)

    with Image.open(kept(tmp_path, photo.digest, form="jpg")) as copy:
        assert copy.getpixel((10, 10))[0] == pytest.approx(128, abs=3)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_every_color_mode_becomes_an_ordinary_picture(tmp_path, mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    photo = keep_photograph(
        a_picture(form, mode=mode, color=(0,) * len(mode) if mode in {"CMYK", "LA"} else 0),
        folder=tmp_path,
    )

    with Image.open(kept(tmp_path, photo.digest, form="jpg")) as copy:
        assert copy.mode == "RGB"


def test_a_picture_with_a_color_profile_is_turned_into_the_common_colors(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = keep_photograph(a_picture(icc_profile=profile, quality=95), folder=tmp_path)

    with Image.open(kept(tmp_path, photo.digest, form="jpg")) as copy:
        assert copy.getpixel((100, 100)) == pytest.approx((180, 90, 40), abs=6)


def test_a_broken_color_profile_does_not_cost_the_picture(tmp_path):
    photo = keep_photograph(a_picture(icc_profile=b"not a profile at all"), folder=tmp_path)

    assert photo.width == 1200


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", id="svg"),
        pytest.param(b"%PDF-1.7 ...", id="pdf"),
        pytest.param(b"GIF89a" + b"\0" * 100, id="gif"),
        pytest.param(b"RIFF\0\0\0\0AVI LIST", id="another riff"),
        pytest.param(b"MZ" + b"\0" * 500, id="program"),
    ],
)
def test_what_is_no_photograph_is_refused_and_nothing_is_written(tmp_path, data):
    with pytest.raises(NotAPhotograph):
        keep_photograph(data, folder=tmp_path)

    assert everything_in(tmp_path) == []


def a_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.js", "alert(1)")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(a_picture("JPEG") + a_zip(), id="picture and archive"),
        pytest.param(a_picture("PNG") + a_zip(), id="png and archive"),
        pytest.param(a_picture("JPEG", comment=b"<script>alert(1)</script>"), id="page in comment"),
        pytest.param(a_picture("JPEG", comment=b"%PDF-1.4 1 0 obj"), id="picture and document"),
        pytest.param(a_picture("JPEG", comment=b"<?php system();"), id="program in comment"),
    ],
)
def test_a_file_that_is_two_things_at_once_is_refused(tmp_path, data):
    with pytest.raises(NotAPhotograph):
        keep_photograph(data, folder=tmp_path)

    assert everything_in(tmp_path) == []


def test_a_short_film_behind_a_phone_picture_is_left_behind(tmp_path):
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"film" * 1000
    photo = keep_photograph(a_picture("JPEG") + film, folder=tmp_path)

    assert photo.width == 1200
    assert all(b"ftypmp42" not in file.read_bytes() for file in everything_in(tmp_path))


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(8000, 8000, id="64 million pixels"),
        pytest.param(50_000, 50_000, id="2.5 billion pixels"),
        pytest.param(12_001, 1, id="a thread"),
    ],
)
def test_a_bomb_is_refused_by_its_head_alone(tmp_path, width, height):
    with pytest.raises(PhotographTooLarge):
        keep_photograph(a_png_that_claims(width, height), folder=tmp_path)

    assert everything_in(tmp_path) == []


def test_too_many_bytes_are_refused(tmp_path):
    with pytest.raises(PhotographTooLarge):
        keep_photograph(a_picture() + b"\0" * MOST_BYTES, folder=tmp_path)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused_by_name(tmp_path, form):
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    out = BytesIO()
    noise.save(out, form)
    data = out.getvalue()

    with pytest.raises(DamagedPhotograph):
        keep_photograph(data[: len(data) // 2], folder=tmp_path)

    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_whatever_a_file_holds_the_answer_is_a_picture_or_a_named_refusal(tmp_path, form):
    chance = random.Random(7)
    whole = a_picture(form, size=(40, 30))
    for _ in range(80):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            photo = keep_photograph(bytes(data), folder=tmp_path)
        except (NotAPhotograph, DamagedPhotograph, PhotographTooLarge):
            continue
        assert kept(tmp_path, photo.digest).is_file()
