"""Addresses that carry their own proof, and digests of secrets, with the house's secret."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeSerializer

from shop.kernel.errors import NotFound
from shop.kernel.ids import letters_of
from shop.kernel.later import later

if TYPE_CHECKING:
    from cryptography import fernet
else:
    fernet = later("cryptography.fernet")

SHORT_PROOF = 12


@dataclass(slots=True)
class _House:
    secret: str = ""
    address: str = ""


_house = _House()


def install(*, secret: str, address: str) -> None:
    """Tell the kernel what to sign with and where the site stands; called once at the start."""
    _house.secret = secret
    _house.address = address.rstrip("/")


def signed(purpose: str, value: str) -> str:
    """Return a token that says ``value`` for one purpose; the same every time, good for ever.

    Whoever reads it decides how long it opens anything.
    """
    return str(_signer(purpose).dumps(value))


def read(purpose: str, token: str) -> str:
    """Return what a token says. Raises NotFound for one that was not signed here for this."""
    try:
        return str(_signer(purpose).loads(token))
    except BadData:
        raise NotFound(what=purpose) from None


def short_signed(purpose: str, value: str) -> str:
    """Return a value of letters, digits and hyphens with twelve letters of proof behind it.

    For text messages, where every sign costs: 58 bits, so whoever reads it limits how often one
    may try. The same every time, good for ever.
    """
    return f"{value}-{_proof(purpose, value)}"


def read_short(purpose: str, token: str) -> str:
    """Return what a short token says. Raises NotFound for one not signed here for this."""
    value, _, proof = token.rpartition("-")
    if not hmac.compare_digest(proof.upper().encode(), _proof(purpose, value).encode()):
        raise NotFound(what=purpose)
    return value


def pseudonym(purpose: str, value: str) -> str:
    """Return 32 letters that stand for a value and cannot be turned back without our secret."""
    return hmac.digest(_house.secret.encode(), f"{purpose}\n{value}".encode(), "sha256").hex()[:32]


def _proof(purpose: str, value: str) -> str:
    digest = hmac.digest(_house.secret.encode(), f"{purpose}\n{value}".encode(), "sha256")
    return letters_of(int.from_bytes(digest), SHORT_PROOF)


def digest(purpose: str, value: str) -> str:
    """Return what may be kept of a short secret: nobody finds it by trying without the house's own.

    The same every time; 64 signs.
    """
    return hmac.digest(_house.secret.encode(), f"{purpose}\0{value}".encode(), "sha256").hex()


def sealed(purpose: str, value: str) -> str:
    """Return a secret as it may be kept: only this house can open it, and a change is found out."""
    return _vault(purpose).encrypt(value.encode()).decode()


def opened(purpose: str, kept: str) -> str:
    """Return what was sealed for a purpose. Raises NotFound for anything else."""
    try:
        return _vault(purpose).decrypt(kept.encode()).decode()
    except fernet.InvalidToken:
        raise NotFound(what=purpose) from None


def _vault(purpose: str) -> fernet.Fernet:
    key = hmac.digest(_house.secret.encode(), f"vault {purpose}".encode(), "sha256")
    return fernet.Fernet(urlsafe_b64encode(key))


def absolute(path: str) -> str:
    """Return a path of the site as an address that can stand in a message."""
    return f"{_house.address}{path}"


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(_house.secret, salt=purpose)
