"""Square codes that a telephone reads, drawn as a path without size or style of its own."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import segno
from markupsafe import Markup


@lru_cache(maxsize=256)
def qr_code(text: str) -> Markup:
    """Return the code of a text as SVG for a page; a quarter of it may be dirty and it still reads.

    Safe to repeat: the same text, the same picture.
    """
    drawn = BytesIO()
    segno.make(text, error="q", micro=False).save(
        drawn,
        kind="svg",
        border=2,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        svgclass="qr-code",
        lineclass=None,
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn here, the text is only squares
