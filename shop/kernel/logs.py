"""How the house writes its log: a line a fact, where an error happened, never with whom.

The library's own manner shows the local variables of every frame of an error: names, telephone
numbers, a PIN that was just typed. trust.md: no personal data in a log.
"""

from __future__ import annotations

import logging
import re
import sys
from io import StringIO
from typing import TextIO

import structlog
from structlog.typing import ExcInfo

# PostgreSQL quotes the row that it refused.
_DETAIL = re.compile(r"^DETAIL: .*?(?=^\[SQL|^\S+Error|\Z)", re.MULTILINE | re.DOTALL)


def configure() -> None:
    """Set the manner of the log for this process; safe to repeat."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=_without_people
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _without_people(log: TextIO, exc_info: ExcInfo) -> None:
    said = StringIO()
    structlog.dev.plain_traceback(said, exc_info)
    log.write(_DETAIL.sub("", said.getvalue()))
