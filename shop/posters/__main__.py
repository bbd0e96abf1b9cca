"""The small process: takes one order and one picture from standard input, answers with a JPEG.

Nothing of the application is known here: no settings, no secret, no database.
"""

from __future__ import annotations

import json
import os
import sys

from shop.posters.drawing import (
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    as_jpeg,
    draw_poster,
    fitted,
    picture_of,
)
from shop.posters.words import Poster

NICENESS = 5


def main() -> None:
    """Draw what the first line orders from the picture behind it."""
    os.nice(NICENESS)
    order = json.loads(sys.stdin.buffer.readline())
    picture = picture_of(sys.stdin.buffer.read(), is_drawing=order["is_drawing"])
    words = order["poster"]
    drawn = (
        draw_poster(Poster(**words), picture)
        if words
        else fitted(picture, (PICTURE_WIDTH, PICTURE_HEIGHT))
    )
    sys.stdout.buffer.write(as_jpeg(drawn))


if __name__ == "__main__":
    main()
