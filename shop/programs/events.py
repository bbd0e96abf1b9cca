"""What happened to programs."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ProgramEntered(Event):
    """A place answers for a program from now on."""

    program_id: int


@dataclass(frozen=True, slots=True)
class ProgramEnded(Event):
    """A program may do nothing any more."""

    program_id: int


@dataclass(frozen=True, slots=True)
class TokenMade(Event):
    """A program was given a token."""

    program_id: int
    token_id: int


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    """A token opens nothing any more."""

    program_id: int
    token_id: int


@dataclass(frozen=True, slots=True)
class HookOpened(Event):
    """A program is told what happens from now on."""

    program_id: int
    hook_id: int


@dataclass(frozen=True, slots=True)
class HookChanged(Event):
    """A hook rests, goes on, signs anew or was ended; ``how`` says which."""

    program_id: int
    hook_id: int
    how: str
