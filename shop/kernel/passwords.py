"""Passwords and PINs as they are kept: argon2id, each with a salt of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.kernel.later import later

if TYPE_CHECKING:
    import argon2
else:
    argon2 = later("argon2")


def hashed(password: str) -> str:
    """Return what is kept of a password; takes a tenth of a second and 64 MB on purpose."""
    return argon2.PasswordHasher().hash(password)


def fits(password: str, kept: str) -> bool:
    """Say whether a password is the one of which this was kept; takes as long as ``hashed``."""
    try:
        return argon2.PasswordHasher().verify(kept, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
