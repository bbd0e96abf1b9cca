"""Answers that are files to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import Response, stream_with_context

from shop.exchange.files.writing import csv_pieces


def csv_file(rows: Iterator[Sequence[str]], name: str) -> Response:
    """Send rows as they are read, never all of them at once; no cell is read as a formula."""
    pieces = (piece.encode() for piece in csv_pieces(rows))
    response = Response(stream_with_context(pieces), mimetype="text/csv", direct_passthrough=True)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
