"""Write ``shop/data/fonts/title.otf`` anew: the signs that titles on posters need.

The source is NotoSerifCJK-Bold.ttc of Debian's fonts-noto-cjk (OFL 1.1). fontTools is needed for
this alone and is in no lock:

    uv run --no-project --with fonttools tools/title_font.py NotoSerifCJK-Bold.ttc
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

DATA = Path(__file__).resolve().parents[1] / "shop/data"
SIMPLIFIED_CHINESE = 2
# Chinese punctuation, the signs of GB 2312 and Latin with accents.
LATIN = range(0x20, 0x250)
MORE = "—–‘’“”…·•°′″×¥€→←↑↓№"
NOT_NEEDED = ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"]


def signs() -> set[str]:
    """Return every sign of GB 2312, of Latin, and of the names of our places."""
    rows = range(0xA1, 0xF8)
    found = {bytes([a, b]).decode("gb2312", "ignore") for a in rows for b in range(0xA1, 0xFF)}
    found |= {chr(number) for number in LATIN} | set(MORE)
    for places in (DATA / "divisions").glob("*.csv"):
        found |= set(places.read_text(encoding="utf-8"))
    return {sign for sign in found if sign and sign.isprintable()}


def main(source: str) -> None:
    """Cut the typeface down and say how large it is."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.font_number = SIMPLIFIED_CHINESE
    options.recalc_timestamp = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += NOT_NEEDED
    face = subset.load_font(source, options)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[ord(sign) for sign in signs()])
    cut.subset(face)
    target = DATA / "fonts/title.otf"
    subset.save_font(face, str(target), options)
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
