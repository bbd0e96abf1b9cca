"""What a picture costs: one phone photograph of 12 million pixels into its twelve copies.

The photograph is made here: woven threads with grain, so that encoders have something to do. CPU
and memory are those of the small process; the wall clock says how long somebody waits.
"""

from __future__ import annotations

import resource
import statistics
import time
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw

from shop.media.darkroom.door import developed
from shop.media.rules import FORMS

SIZE = (4032, 3024)
ROUNDS = 5


def a_woven_photograph() -> bytes:
    tile = Image.new("RGB", (96, 96), (206, 178, 128))
    pen = ImageDraw.Draw(tile)
    for number in range(4):
        at = number * 24
        pen.rectangle((at, 0, at + 15, 95), fill=(150 + number * 12, 96, 52))
        pen.rectangle((0, at + 6, 95, at + 17), fill=(58, 78, 120 + number * 20))
    cloth = Image.new("RGB", SIZE)
    for x in range(0, SIZE[0], 96):
        for y in range(0, SIZE[1], 96):
            cloth.paste(tile.rotate((x + y) % 7), (x, y))
    grain = Image.effect_noise(SIZE, 24).convert("RGB")
    light = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    out = BytesIO()
    ImageChops.overlay(ImageChops.overlay(cloth, grain), light).save(out, "JPEG", quality=92)
    return out.getvalue()


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    data = a_woven_photograph()
    print(f"a photograph of {SIZE[0]} x {SIZE[1]} pixels, {len(data) / 1e6:.1f} MB")
    cpu, wall = [], []
    for _ in range(ROUNDS):
        before, began = spent(), time.monotonic()
        made = developed(data, kind="JPEG")
        cpu.append(spent() - before)
        wall.append(time.monotonic() - began)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"CPU {statistics.median(cpu):.2f} s ({min(cpu):.2f} to {max(cpu):.2f})")
    print(f"wall {statistics.median(wall):.2f} s ({min(wall):.2f} to {max(wall):.2f})")
    print(f"memory at most {memory:.0f} MB")
    for form in FORMS:
        sizes = [f"{width}: {len(made.copies[width, form]) / 1024:.0f}" for width in made.widths]
        print(f"{form:>5} KB  {'  '.join(sizes)}")


main()
