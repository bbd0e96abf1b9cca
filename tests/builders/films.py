"""Short films as phones make them."""

from __future__ import annotations

import struct
from io import BytesIO

import av
from PIL import Image

# Turned right by a quarter, as a phone held upright writes it: a b u, c d v, x y w.
QUARTER = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)


def a_film(
    *,
    form: str = "mp4",
    seconds: float = 1.0,
    size: tuple[int, int] = (320, 180),
    has_sound: bool = True,
    is_turned: bool = False,
    rate: int = 10,
) -> bytes:
    """Return a film of a picture that is red on the left and blue on the right."""
    out = BytesIO()
    picture = Image.new("RGB", size, (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    codec, sound = {"mp4": ("libx264", "aac"), "webm": ("libvpx", "libopus")}[form]
    with av.open(out, "w", format=form) as made:
        made.metadata.update(location="+31.9500+108.6600/", comment="Wang Xiulan, house 12")
        shown = made.add_stream(codec, rate=rate)
        shown.width, shown.height, shown.pix_fmt = *size, "yuv420p"
        heard = made.add_stream(sound, rate=48_000, layout="stereo") if has_sound else None
        for number in range(round(seconds * rate)):
            frame = av.VideoFrame.from_image(picture)
            frame.pts = number
            made.mux(shown.encode(frame))
        made.mux(shown.encode())
        if heard is not None:
            _say_nothing(made, heard, seconds)
    data = out.getvalue()
    return _turned(data) if is_turned else data


def _say_nothing(made, heard, seconds: float) -> None:
    samples = heard.codec_context.frame_size or 960
    kind = heard.codec_context.format.name
    for number in range(int(seconds * 48_000 / samples)):
        frame = av.AudioFrame(format=kind, layout="stereo", samples=samples)
        frame.sample_rate, frame.pts = 48_000, number * samples
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        made.mux(heard.encode(frame))
    made.mux(heard.encode())


def _turned(data: bytes) -> bytes:
    at = data.index(b"tkhd") + 4 + 40
    return data[:at] + QUARTER + data[at + len(QUARTER) :]
