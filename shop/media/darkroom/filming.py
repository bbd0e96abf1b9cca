"""A short film made anew from decoded frames: upright, 720 lines, H.264 and AAC, without metadata.

A phone's film says where it was taken, and a container may hold anything; so nothing of it is
copied, every frame and every sound is encoded again. Its first second becomes the poster.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from PIL import Image

from shop.media.darkroom.developing import Copies, print_copies
from shop.media.rules import MOST_VIDEO_SECONDS, PictureDamaged, VideoTooLong

LINES = 720
FRAMES_A_SECOND = 30
SOUND_RATE = 48_000
POSTER_AT_SECONDS = 1
# What a decoder of the house is asked to read; the rarer ones are where the holes are.
CODECS = {"h264", "hevc", "mpeg4", "vp8", "vp9", "av1"}
SOUNDS = {"aac", "mp3", "opus", "vorbis", "pcm_s16le"}
MOST_FRAME_PIXELS = 4096 * 2304
_QUARTERS = {0: (), 90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}


@dataclass(frozen=True, slots=True)
class Film(Copies):
    """The copies of the poster, and how long the film is."""

    seconds: int


def film(data: bytes, *, folder: Path) -> Film:
    """Write ``film.mp4`` and the copies of its poster into a folder and return what was made.

    Raises PictureDamaged, VideoTooLong.
    """
    try:
        with av.open(BytesIO(data), mode="r", metadata_errors="ignore") as source:
            poster, seconds = _encoded(source, folder / "film.mp4")
    except (av.FFmpegError, RuntimeError, ValueError, IndexError, OSError) as broken:
        raise PictureDamaged from broken
    copies = print_copies(poster, folder=folder)
    return Film(
        width=copies.width,
        height=copies.height,
        widths=copies.widths,
        tint=copies.tint,
        seconds=math.ceil(seconds),
    )


def _encoded(source: Any, target: Path) -> tuple[Image.Image, float]:
    pictures = source.streams.video[0]
    sounds = [
        one for one in source.streams.audio if getattr(one.codec_context, "name", "") in SOUNDS
    ][:1]
    if (
        getattr(pictures.codec_context, "name", "") not in CODECS
        or pictures.width * pictures.height > MOST_FRAME_PIXELS
    ):
        raise PictureDamaged
    if source.duration and source.duration > (MOST_VIDEO_SECONDS + 1) * av.time_base:
        raise VideoTooLong
    pictures.thread_count = 1
    with av.open(str(target), mode="w", format="mp4", options={"movflags": "faststart"}) as made:
        new = _NewFilm(made, pictures, has_sound=bool(sounds))
        for frame in source.decode(pictures, *sounds):
            if frame.time is not None and frame.time > MOST_VIDEO_SECONDS + 1:
                raise VideoTooLong
            if isinstance(frame, av.AudioFrame):
                new.hear(frame)
            else:
                new.show(frame)
        new.finish()
    if new.poster is None:
        raise PictureDamaged
    return new.poster, new.seconds


class _NewFilm:
    """The film under way; its streams open before the first frame, which decides their size."""

    def __init__(self, made: Any, stream: Any, *, has_sound: bool) -> None:
        self.poster: Image.Image | None = None
        self.seconds = 0.0
        self._made = made
        self._stream = stream
        self._graph: Any = None
        # The first packet opens both streams, so sound waits until the picture has its size.
        self._early: list[Any] = []
        self._shown = made.add_stream(
            "libx264", rate=FRAMES_A_SECOND, options={"preset": "veryfast", "crf": "25"}
        )
        self._shown.thread_count = 1
        self._heard: Any = (
            made.add_stream("aac", rate=SOUND_RATE, layout="stereo") if has_sound else None
        )
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)

    def show(self, frame: Any) -> None:
        self._graph = self._graph or _upright(self._stream, frame)
        self._push(frame)

    def hear(self, frame: Any) -> None:
        if self.poster is None:
            self._early.append(frame)
            return
        for piece in self._resampler.resample(frame):
            self._made.mux(self._heard.encode(piece))

    def finish(self) -> None:
        if self._graph is not None:
            self._push(None)
        if self.poster is None:
            return
        self._made.mux(self._shown.encode())
        if self._heard is not None:
            self._made.mux(self._heard.encode())

    def _push(self, frame: Any) -> None:
        for picture in _through(self._graph, frame):
            if self.poster is None:
                self._shown.width, self._shown.height = picture.width, picture.height
                self._shown.pix_fmt = "yuv420p"
            if self.poster is None or (picture.time or 0) <= POSTER_AT_SECONDS:
                self.poster = picture.to_image()
            self.seconds = max(self.seconds, picture.time or 0)
            self._made.mux(self._shown.encode(picture))
        if self.poster is not None:
            early, self._early = self._early, []
            for sound in early:
                self.hear(sound)


def _upright(stream: Any, first: Any) -> Any:
    """Return the way of a frame from the phone's sensor to a screen: turned, narrowed, in time."""
    graph = av.filter.Graph()
    steps = [graph.add_buffer(template=stream)]
    steps += [graph.add("transpose", way) for way in _QUARTERS.get(first.rotation % 360, ())]
    lies = (stream.width >= stream.height) != (first.rotation % 180 == 90)  # noqa: PLR2004 - a quarter
    size = f"-2:min({LINES}\\,ih)" if lies else f"min({LINES}\\,iw):-2"
    steps += [
        graph.add("fps", str(FRAMES_A_SECOND)),
        graph.add("scale", size),
        # Encoders of pairs of pixels want even sides.
        graph.add("crop", "trunc(iw/2)*2:trunc(ih/2)*2"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    for one, next_one in pairwise(steps):
        one.link_to(next_one)
    graph.configure()
    return graph


def _through(graph: Any, frame: Any) -> Iterator[Any]:
    graph.push(frame)
    while True:
        try:
            picture = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        picture.pict_type = 0
        yield picture
