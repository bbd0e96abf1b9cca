"""Names for rows that leave the house: letters that survive a telephone call."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = "0123456789"


def public_id(prefix: str) -> str:
    """Return a fresh outside name such as ``ord_7K3M9XQ2`` (30 letters, 8 places)."""
    return f"{prefix}_{random_letters(8)}"


def random_letters(length: int) -> str:
    """Return that many random letters and digits without look-alikes (no 0 O 1 I L U)."""
    # One draw for all places: asking the system for each letter costs more than a statement.
    return letters_of(secrets.randbelow(len(ALPHABET) ** length), length)


def letters_of(number: int, length: int) -> str:
    """Return a number written in those letters, its last ``length`` places."""
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def random_digits(length: int) -> str:
    """Return that many random decimal digits, for codes typed on a number pad."""
    return "".join(secrets.choice(DIGITS) for _ in range(length))


def secret_token() -> str:
    """Return 192 random bits as text, for carts, sign-ins and keys of forms."""
    return secrets.token_urlsafe(24)
