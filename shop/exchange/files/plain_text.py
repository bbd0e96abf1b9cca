"""HTML of other shops as plain text with paragraphs, and plain text as the HTML they expect."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from shop.kernel.later import later

if TYPE_CHECKING:
    import nh3
else:
    nh3 = later("nh3")

_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "dt", "dd", "table", "tr"}
    | {"blockquote", "section", "article", "hr"}
)
_KEPT = {*_BLOCKS, "br", "li"}
_SILENT = {"script", "style", "template", "noscript", "iframe", "svg", "math", "object"}
_TAG = re.compile(r"(</?[a-z0-9]+>)")
_MARKUP = re.compile(r"<[a-zA-Z/!?]|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]\w*);")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufeff]")


def tidied(text: str) -> str:
    """Return text with one kind of line end, no control characters, no blanks at the ends."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_html(text: str) -> bool:
    """Say whether a text has a tag or a character reference in it."""
    return bool(_MARKUP.search(text))


def from_html(text: str, *, keeps_lines: bool = False) -> str:
    """Return the words of a description: paragraphs parted by an empty line, list items marked.

    keeps_lines    a line end outside tags is one for the reader (WordPress writes like that).

    Whatever the text holds, the answer is text: it is escaped wherever it is shown.
    """
    text = tidied(text)
    if keeps_lines:
        text = text.replace("\n", "<br>")
    safe = nh3.clean(text, tags=_KEPT, attributes={}, clean_content_tags=_SILENT, link_rel=None)
    said = "".join(_said(token) for token in _TAG.split(safe))
    lines = [line.strip() for line in said.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _said(token: str) -> str:
    if not _TAG.fullmatch(token):
        return re.sub(r"\s+", " ", html.unescape(token))
    name = token.strip("</>")
    if name == "br":
        return "\n"
    if name == "li":
        return "" if token.startswith("</") else "\n· "
    return "\n\n" if name in _BLOCKS else ""


def to_html(text: str) -> str:
    """Return plain text as paragraphs of HTML; nothing in it is markup any more."""
    paragraphs = [part for part in re.split(r"\n{2,}", text.strip()) if part.strip()]
    lines = ("<br>".join(map(html.escape, part.split("\n"))) for part in paragraphs)
    return "".join(f"<p>{line}</p>" for line in lines)
