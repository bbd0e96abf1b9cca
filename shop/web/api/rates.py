"""How much one caller may ask for in a minute, told with every answer."""

from __future__ import annotations

import time
from functools import lru_cache

from flask import Response, g
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerMinute

from shop.web.api.refusals import TooOften
from shop.web.limits import limiter, network_digest

# A program speaks for many people, a network without a token for a few.
READS_OF_A_PROGRAM = 1200
WRITES_OF_A_PROGRAM = 300
READS_OF_A_NETWORK = 240
WRITES_OF_A_NETWORK = 60
# Six digits are guessed in a million tries: a code is asked for as rarely as on the site.
PROOFS = 8
PROOF_KIND, READ_KIND, WRITE_KIND = "proof", "read", "write"


@lru_cache
def _a_minute(most: int) -> RateLimitItem:
    return RateLimitItemPerMinute(most)


def count(*, program: str, kind: str) -> None:
    """Count one request of a program, or of the network where there is none.

    kind    PROOF_KIND, READ_KIND or WRITE_KIND; proofs are counted by network whoever asks.

    Raises TooOften.
    """
    if not limiter.enabled:
        return
    whose = f"program:{program}" if program and kind != PROOF_KIND else f"network:{_network()}"
    rate = _a_minute(_most(is_program=bool(program), kind=kind))
    strategy = limiter.limiter
    is_within = strategy.hit(rate, "api", kind, whose)
    window = strategy.get_window_stats(rate, "api", kind, whose)
    wait = max(1, round(window.reset_time - time.time()))
    g.api_rate = {
        "RateLimit-Policy": f"{rate.amount};w=60",
        "RateLimit-Limit": str(rate.amount),
        "RateLimit-Remaining": str(window.remaining),
        "RateLimit-Reset": str(wait),
    }
    if not is_within:
        g.api_rate["Retry-After"] = str(wait)
        raise TooOften(most=rate.amount, seconds=wait)


def _network() -> str:
    return network_digest() or get_remote_address()


def _most(*, is_program: bool, kind: str) -> int:
    if kind == PROOF_KIND:
        return PROOFS
    if kind == WRITE_KIND:
        return WRITES_OF_A_PROGRAM if is_program else WRITES_OF_A_NETWORK
    return READS_OF_A_PROGRAM if is_program else READS_OF_A_NETWORK


def tell(response: Response) -> None:
    """Write on an answer how much is left."""
    response.headers.extend(g.get("api_rate", {}))
