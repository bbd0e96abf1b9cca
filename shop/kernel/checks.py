"""The shape of a check: a name, what it promises, and the findings where it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a promise is broken.

    ``code`` is the invariant (S1, P4, L1 …), ``subject`` the row (``payment:12``), ``detail`` says
    in plain words what disagrees with what.
    """

    code: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """One promise that can be asked of the live database; ``run`` yields what breaks it."""

    code: str
    promise: str
    run: Callable[[], Iterable[Finding]]
