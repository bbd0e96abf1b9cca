"""The door to other people's machines: one POST to a public address, and nothing more.

A program's address is chosen by a person and may be anything. So the name is asked once, every
address it has must be public, the connection goes to the very address that was looked at, nobody
is followed anywhere else, and both time and answer are bounded (trust.md threat 17).
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from shop.kernel.db import outside_transaction

CONNECT_SECONDS = 5
WHOLE_SECONDS = 15
MOST_ANSWER = 4096
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotTold(Exception):
    """Nobody could be told; the text says why, in words for the log."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the other side answered: the status, and the beginning of its text."""

    status: int
    text: str

    @property
    def is_taken(self) -> bool:
        """Say whether it took the message."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own borders


class Post(Protocol):
    """What sends one message."""

    def send(self, url: str, *, headers: Mapping[str, str], body: str) -> Told:
        """Return what was answered. Raises NotTold."""


def is_public(address: str) -> bool:
    """Say whether an address is one of the open network and of nobody's inside."""
    one = ipaddress.ip_address(address)
    if isinstance(one, ipaddress.IPv6Address) and (
        one.ipv4_mapped or one.sixtofour or one.teredo or one in NAT64
    ):
        return False  # ways to write an inner address that looks like an outer one
    return one.is_global and not one.is_multicast and not one.is_reserved


@dataclass(frozen=True, slots=True)
class SafePost:
    """Speaks HTTPS with public addresses only."""

    may_reach: Callable[[str], bool] = is_public
    is_encrypted: bool = True
    whole_seconds: float = WHOLE_SECONDS

    def send(self, url: str, *, headers: Mapping[str, str], body: str) -> Told:
        """Return what was answered. Raises NotTold."""
        outside_transaction()
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or 443
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            connection = _Connection(host, port, self._connected(host, port))
        except OSError as error:
            raise NotTold(f"not reached: {error}") from error
        # Each read has its own patience; whoever sends a sign a second is cut off by this one.
        end = threading.Timer(self.whole_seconds, connection.cut)
        end.start()
        try:
            connection.request(
                "POST", path, body.encode(), {**headers, "Content-Length": str(len(body.encode()))}
            )
            answer = connection.getresponse()
            text = answer.read(MOST_ANSWER).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotTold(f"no answer: {type(error).__name__} {error}") from error
        finally:
            end.cancel()
            connection.cut()
        return Told(answer.status, text)

    def _connected(self, host: str, port: int) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]) for one in found]
        inner = [one for one in addresses if not self.may_reach(one)]
        if inner or not addresses:
            raise NotTold("the name leads to an address that is not public")
        plain = socket.create_connection((addresses[0], port), timeout=CONNECT_SECONDS)
        if not self.is_encrypted:
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise


class _Connection(http.client.HTTPConnection):
    """A connection over a socket that is there already, so that no name is asked again."""

    def __init__(self, host: str, port: int, connected: socket.socket) -> None:
        super().__init__(host, port)
        self.sock = connected

    def connect(self) -> None:
        """Refuse: the one connection was made before."""
        raise OSError("the connection is over")

    def cut(self) -> None:
        """End it at once, also under a read that waits."""
        sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):  # the other side was faster
                sock.shutdown(socket.SHUT_RDWR)
        self.close()


@dataclass(slots=True)
class NullPost:
    """Keeps what was sent and answers as it was told to; for tests and trying out."""

    answers: list[Told | NotTold] = field(default_factory=list)
    sent: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def send(self, url: str, *, headers: Mapping[str, str], body: str) -> Told:
        """Return the next answer, 200 without one. Raises NotTold where that is the answer."""
        outside_transaction()
        self.sent.append((url, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else Told(200, "")
        if isinstance(answer, NotTold):
            raise answer
        return answer


_post: list[Post] = [SafePost()]


def install(post: Post) -> Post:
    """Let messages go another way from now on, and return the way they went before."""
    before, _post[0] = _post[0], post
    return before


def current() -> Post:
    """Return the way messages go."""
    return _post[0]
