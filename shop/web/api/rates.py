"""How much one caller may ask for in a minute, told with every answer."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache

from flask import Response, g
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute

from shop.web.api.refusals import TooOften
from shop.web.limits import limiter, network_digest

READ_KIND, WRITE_KIND, PROOF_KIND = "read", "write", "proof"
# By whether a program asks, and for what: a program speaks for many people, a network without a
# token for a few. Codes are asked for as rarely as on the site.
RATES = {
    (True, READ_KIND): 1200,
    (True, WRITE_KIND): 300,
    (True, PROOF_KIND): 60,
    (False, READ_KIND): 240,
    (False, WRITE_KIND): 60,
    (False, PROOF_KIND): 8,
}
# Six digits are guessed in a million tries.
TRIES_OF_A_NUMBER, TRIES_OF_A_NUMBER_AN_HOUR = 8, 40


@lru_cache
def _a_minute(most: int) -> RateLimitItem:
    return RateLimitItemPerMinute(most)


def count(*, program: str, kind: str) -> None:
    """Count one request of a program, or of the network where there is none.

    kind    READ_KIND, WRITE_KIND or PROOF_KIND.

    Raises TooOften.
    """
    whose = f"program:{program}" if program else f"network:{_network()}"
    _count(_a_minute(RATES[bool(program), kind]), kind, whose, is_told=True)


def count_number(phone: str) -> None:
    """Count one try to prove an order by a telephone number, whoever tries. Raises TooOften."""
    key = hashlib.sha256(phone.encode()).hexdigest()
    _count(_a_minute(TRIES_OF_A_NUMBER), "number", key)
    _count(RateLimitItemPerHour(TRIES_OF_A_NUMBER_AN_HOUR), "number", key)


def _count(rate: RateLimitItem, kind: str, whose: str, *, is_told: bool = False) -> None:
    if not limiter.enabled:
        return
    strategy = limiter.limiter
    is_within = strategy.hit(rate, "api", kind, whose)
    if is_within and not is_told:
        return
    window = strategy.get_window_stats(rate, "api", kind, whose)
    wait = max(1, round(window.reset_time - time.time()))
    seconds = rate.get_expiry()
    g.api_rate = {
        "RateLimit-Policy": f"{rate.amount};w={seconds}",
        "RateLimit-Limit": str(rate.amount),
        "RateLimit-Remaining": str(window.remaining),
        "RateLimit-Reset": str(wait),
    }
    if not is_within:
        g.api_rate["Retry-After"] = str(wait)
        raise TooOften(most=rate.amount, seconds=wait)


def ask_again(*, seconds: int) -> None:
    """Say on the answer after how many seconds the same request may come again."""
    g.api_rate = {**g.get("api_rate", {}), "Retry-After": str(seconds)}


def _network() -> str:
    return network_digest() or get_remote_address()


def tell(response: Response) -> None:
    """Write on an answer how much is left."""
    response.headers.extend(g.get("api_rate", {}))
