from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.exchange import rules
from shop.exchange.files import plain_text, reading, writing
from shop.exchange.files.pictures import PictureProblem, open_pictures
from shop.exchange.files.reading import FileRefused, open_table
from shop.kernel.sheets import as_written, harmless


def a_file(folder: Path, content: bytes, name: str = "goods.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def refusal(file: Path) -> str:
    with pytest.raises(FileRefused) as refused:
        list(open_table(file).rows)
    return refused.value.remark.code


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_in_its_own_encoding_and_parted_as_its_head_line_is(
    tmp_path, encoding, found, delimiter
):
    text = '商品编号,名称\r\nS-01,"凉鞋, 手编\r\n软底"\r\n\r\nS-02,拖鞋\r\n'
    if delimiter != ",":
        text = text.replace("号,", f"号{delimiter}").replace("1,", f"1{delimiter}")
        text = text.replace("2,", f"2{delimiter}")
    table = open_table(a_file(tmp_path, text.encode(encoding)))

    assert table.encoding == found
    assert list(table.rows) == [(2, ["S-01", "凉鞋, 手编\r\n软底"]), (5, ["S-02", "拖鞋"])]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"code,title\n", "no_rows"),
        (b"colour,weight\n1,2\n", "unknown_head"),
        (b"code,title,code\n1,2,3\n", "head_twice"),
        (b"code,title\n\xff\xfe\x00\x81\n", "not_text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_text"),
        (b'code,title\n"S-01,open\n', "broken_csv"),
        (b'code,title\nS-01,"a"b\n', "broken_csv"),
        (b"PK\x03\x04 no workbook at all", "broken_workbook"),
    ],
)
def test_what_is_no_catalog_is_refused_as_a_whole_and_by_name(tmp_path, content, why):
    assert refusal(a_file(tmp_path, content)) == why


def test_too_many_rows_and_bytes_are_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    assert refusal(a_file(tmp_path, b"code,title\n1,a\n2,b\n3,c\n")) == "too_many_rows"
    monkeypatch.setattr(reading, "MOST_FILE_BYTES", 10)
    assert refusal(a_file(tmp_path, b"code,title\n1,a\n")) == "too_large"
    assert rules.MOST_ROWS == 100_000
    assert rules.MOST_FILE_BYTES == 100 * 1024 * 1024


def a_workbook(folder: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = folder / "goods.xlsx"
    book.save(file)
    return file


def test_cells_of_a_workbook_are_text_and_formulas_are_never_computed(tmp_path):
    file = a_workbook(
        tmp_path,
        ["code", "sku", "title", "price", "for_sale", "minutes"],
        ["00123", 37.0, "=HYPERLINK(1)", 88.5, True, 120],
        [None, None, None, None, None, None],
        ["S-02"],
    )

    assert list(open_table(file).rows) == [
        (2, ["00123", "37", "=HYPERLINK(1)", "88.5", "yes", "120"]),
        (4, ["S-02", "", "", "", "", ""]),
    ]


def with_part(file: Path, name: str, content: bytes) -> Path:
    """Write one part of a workbook anew."""
    with zipfile.ZipFile(file) as package:
        parts = {one: package.read(one) for one in package.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for one, data in (parts | {name: content}).items():
            package.writestr(one, data)
    return file


def test_a_workbook_with_entities_or_a_bomb_is_not_opened(tmp_path, monkeypatch):
    good = a_workbook(tmp_path, ["code", "title"], ["S-01", "鞋"])
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">]><l>&a;</l>'
    assert refusal(with_part(good, "xl/sharedStrings.xml", laughs)) == "unsafe_workbook"

    assert reading.MOST_UNPACKED_BYTES == 500 * 1024 * 1024
    monkeypatch.setattr(reading, "MOST_UNPACKED_BYTES", 1_000_000)
    good = a_workbook(tmp_path, ["code", "title"], ["S-01", "鞋"])
    assert refusal(with_part(good, "xl/media/huge.bin", b" " * 1_000_001)) == "unsafe_workbook"


# ---------------------------------------------------------------------------------- the picture ZIP


def a_zip(folder: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    file = folder / "pictures.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for entry, data in entries:
            package.writestr(entry, data)
    return file


def a_link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("link.jpg")
    entry.create_system = 3
    entry.external_attr = 0o120777 << 16
    return entry


@pytest.mark.parametrize(
    ("entry", "data", "why"),
    [
        pytest.param("../../etc/passwd", b"x", "unsafe_pictures", id="a name that leads out"),
        pytest.param("/etc/passwd", b"x", "unsafe_pictures", id="a path from the root"),
        pytest.param("C:\\Windows\\a.jpg", b"x", "unsafe_pictures", id="a drive"),
        pytest.param(a_link(), b"/etc/passwd", "unsafe_pictures", id="a link"),
        pytest.param("bomb.jpg", b"0" * 9_000_000, "unsafe_pictures", id="a bomb"),
    ],
)
def test_a_zip_that_tries_something_is_refused_whole(tmp_path, entry, data, why):
    with pytest.raises(FileRefused) as refused, open_pictures(a_zip(tmp_path, (entry, data))):
        pass
    assert refused.value.remark.code == why


def test_pictures_are_found_by_their_file_name_in_any_folder(tmp_path):
    file = a_zip(
        tmp_path,
        ("a/S-01.JPG", b"one"),
        ("b/twice.jpg", b"two"),
        ("c/twice.jpg", b"three"),
        ("__MACOSX/S-01.jpg", b"litter"),
        ("Thumbs.db", b"litter"),
        ("GBKN.jpg", b"shoe"),
    )
    # Windows set to Chinese writes names in GBK and does not say so.
    file.write_bytes(file.read_bytes().replace(b"GBKN", "凉鞋".encode("gbk")))
    with open_pictures(file) as pictures:
        assert pictures.read("s-01.jpg") == b"one"
        assert pictures.read("凉鞋.jpg") == b"shoe"
        for name, why in (("twice.jpg", "picture_twice"), ("none.jpg", "no_such_picture")):
            with pytest.raises(PictureProblem, match=why):
                pictures.read(name)


def test_what_is_no_zip_is_refused(tmp_path):
    with (
        pytest.raises(FileRefused) as refused,
        open_pictures(a_file(tmp_path, b"PK not really", "p.zip")),
    ):
        pass
    assert refused.value.remark.code == "broken_pictures"


# -------------------------------------------------------------------------------- text in and out


@given(st.text(alphabet=st.sampled_from("'=+-@＝＋－＠\t\r a \u3000文"), max_size=8))
def test_a_marked_cell_comes_back_as_it_was_and_is_never_a_formula(cell):
    marked = harmless(cell)
    assert as_written(marked) == cell
    assert not marked.lstrip(" \u3000").startswith(tuple("=+-@＝＋－＠\t\r"))


@given(st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=4), max_size=20))
def test_csv_that_we_write_can_be_read_again(rows):
    text = "".join(writing.csv_pieces(rows)).removeprefix("\ufeff")
    again = list(csv.reader(io.StringIO(text, newline="")))
    assert [[as_written(cell) for cell in row] for row in again] == [
        row if row != [""] else again[place] for place, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<ul><li>rush<li>ramie</ul>end", "· rush\n· ramie\n\nend"),
        ("<script>alert(1)</script><b onclick=x>bold</b> &amp; plain", "bold & plain"),
        ("a &lt;img src=x onerror=alert(1)&gt;", "a <img src=x onerror=alert(1)>"),
        ("<h6><span>Care</span></h6>\n<p>Dry\u00a0flat</p>", "Care\n\nDry flat"),
        ("<p>open <b>never closed <p>again", "open never closed\n\nagain"),
        ("<!-- c --><style>p{}</style>", ""),
        ("no markup", "no markup"),
    ],
)
def test_html_becomes_words_and_paragraphs(html, text):
    assert plain_text.from_html(html) == text


@given(st.text(max_size=200))
def test_any_text_survives_the_way_out_as_html_and_back(text):
    plain = plain_text.from_html(plain_text.to_html(plain_text.tidied(text)))
    assert " ".join(plain.split()) == " ".join(plain_text.tidied(text).split())


@given(st.text(max_size=300))
def test_no_html_of_another_shop_makes_an_error_or_keeps_a_control_character(text):
    plain = plain_text.from_html(text)
    assert "\0" not in plain
    assert plain == plain.strip()
