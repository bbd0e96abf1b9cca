"""Who acts, what that person may do, and how far in the tree: permissions, actors, scopes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shop.kernel.errors import Forbidden, OutOfReach


class Permission(StrEnum):
    """Everything that needs a right, as ``room.verb``."""

    SEE_DESK = "desk.see"
    SEE_OVERSIGHT = "oversight.see"
    SEE_PERSON = "stations.see_person"
    MANAGE_MEMBERS = "stations.manage_members"
    MANAGE_TREE = "stations.manage_tree"
    GRANT_ROLES = "accounts.grant"
    RESET_FACTORS = "accounts.reset_factors"
    SEE_OWN_EARNINGS = "earnings.see_own"
    SEE_EARNINGS = "earnings.see"
    PREPARE_PAY = "earnings.prepare_pay"
    APPROVE_PAY = "earnings.approve_pay"
    PAY_OUT = "earnings.pay_out"
    GIVE_WORK = "production.give_work"
    RECORD_HAND_IN = "production.record_hand_in"
    INSPECT = "production.inspect"
    SET_RATE = "production.set_rate"
    MANAGE_LISTING = "catalog.manage_listing"
    CURATE = "shelves.curate"
    APPROVE_PRICE = "catalog.approve_price"
    MANAGE_WORDS = "search.manage_words"
    CORRECT_STOCK = "stock.correct"
    FULFILL = "orders.fulfill"
    DISPATCH = "orders.dispatch"
    CONFIRM_PAY = "earnings.confirm_pay"
    ANSWER_BUYERS = "reviews.answer"
    MODERATE_REVIEWS = "reviews.moderate"
    DECIDE_OBJECTIONS = "reviews.decide_objection"
    REFUND = "payments.refund"
    TAKE_MONEY = "payments.take_money"
    RECONCILE = "payments.reconcile"
    HOST_SESSIONS = "bookings.host"
    CHECK_IN = "bookings.check_in"
    SETTLE_SESSION = "bookings.settle"
    TELL_PEOPLE = "notifications.tell"
    WRITE_INVOICES = "invoices.write"
    IMPORT = "workflows.import"
    MANAGE_PROGRAMS = "programs.manage"


@dataclass(frozen=True, slots=True)
class Reach:
    """One grant as the kernel sees it: what may be done below one station path."""

    role: str
    path: str
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Scope:
    """The parts of the tree a reader may see; an empty scope sees nothing.

    ``paths`` are station paths such as ``/1/14/203/``; a path covers all that begins with it.
    """

    paths: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Say whether a station path lies inside."""
        return any(path.startswith(own) for own in self.paths)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a signed-in person, a command or the worker.

    ``user_id`` is None for a visitor; ``member_id`` ties a user to the maker she is, so that rules
    such as "never inspects her own work" can be asked.
    """

    user_id: int | None = None
    name: str = ""
    member_id: int | None = None
    reaches: tuple[Reach, ...] = field(default=())
    is_system: bool = False

    def may(self, permission: Permission, *, at: str) -> bool:
        """Say whether this actor holds the permission at the station path."""
        return self.is_system or any(
            permission in reach.permissions and at.startswith(reach.path) for reach in self.reaches
        )

    def require(self, permission: Permission, *, at: str) -> None:
        """Return when the permission is held at the station path.

        Raises OutOfReach when no grant covers the place at all, Forbidden when one does but
        without this permission.
        """
        if self.may(permission, at=at):
            return
        if any(at.startswith(reach.path) for reach in self.reaches):
            raise Forbidden(permission=permission)
        raise OutOfReach(permission=permission)

    def holds(self, permission: Permission) -> bool:
        """Say whether the permission is held anywhere: the question of a page, not of a row."""
        return self.is_system or any(permission in reach.permissions for reach in self.reaches)

    def scope(self, permission: Permission) -> Scope:
        """Return the part of the tree in which this actor holds the permission."""
        if self.is_system:
            return Scope(("/",))
        return Scope(tuple(r.path for r in self.reaches if permission in r.permissions))


SYSTEM = Actor(name="system", is_system=True)
VISITOR = Actor(name="visitor")
