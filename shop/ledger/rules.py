"""The accounts of the books and how they are called. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.kernel.errors import ShopError
from shop.kernel.money import CNY, Money, total


class AccountKind(StrEnum):
    """What an account is about. Source: domain.md 5 (accounts and journal lines)."""

    CASH = "cash"
    BANK = "bank"
    CLEARING = "clearing"
    RECEIVABLE = "receivable"
    STOCK = "stock"
    MATERIAL = "material"
    PACKING_STOCK = "packing_stock"
    KITS = "kits"
    SALES = "sales"
    SALES_RETURNS = "sales_returns"
    SHIPPING_INCOME = "shipping_income"
    SESSION_INCOME = "session_income"
    PREPAYMENT = "prepayment"
    WAGES_PAYABLE = "wages_payable"
    CONSIGNMENT_PAYABLE = "consignment_payable"
    ADVANCE = "advance"
    TOOLS_RECOVERED = "tools_recovered"
    FEE = "fee"
    POSTAGE = "postage"
    PACKING = "packing"
    COST_OF_GOODS = "cost_of_goods"
    CONSIGNMENT_COSTS = "consignment_costs"
    SESSION_COSTS = "session_costs"
    INSTRUCTOR_COSTS = "instructor_costs"
    CASH_SHORT = "cash_short"
    PROJECT_FUND = "project_fund"
    RESERVE = "reserve"
    PATRONAGE_PAYABLE = "patronage_payable"
    ACCOUNT_SHARE_PAYABLE = "account_share_payable"
    SURPLUS = "surplus"
    OLD_LOSS = "old_loss"


class Unbalanced(ShopError):
    """An entry does not sum to zero, or has fewer than two lines: a mistake of ours."""

    code = "ledger.unbalanced"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an entry: plus is what we owe or earned (credit), minus what we own (debit)."""

    account_key: str
    amount: Money


def account(kind: AccountKind, workshop_id: int) -> str:
    """Return the key of a workshop's account, such as ``sales:7``."""
    return f"{kind.value}:{workshop_id}"


def member_account(kind: AccountKind, member_id: int) -> str:
    """Return the key of a member's account, such as ``wages_payable:member:12``."""
    return f"{kind.value}:member:{member_id}"


def project_account(project_id: int) -> str:
    """Return the key of what came in for one funded project, such as ``project_fund:project:3``."""
    return f"{AccountKind.PROJECT_FUND.value}:project:{project_id}"


def kind_of(account_key: str) -> AccountKind:
    """Return what the account is about, from its key.

    Raises ValueError for a key that no function here made.
    """
    return AccountKind(account_key.partition(":")[0])


def debit(account_key: str, amount: Money) -> Line:
    """Return a line that adds to what we own or spent."""
    return Line(account_key, -amount)


def credit(account_key: str, amount: Money) -> Line:
    """Return a line that adds to what we owe or earned."""
    return Line(account_key, amount)


def balanced(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines that carry money, once they are known to sum to zero.

    Raises Unbalanced, CurrencyMismatch. Source: trust.md L1.
    """
    kept = tuple(line for line in lines if line.amount)
    if len(kept) < 2 or _sum(kept):  # noqa: PLR2004 - double entry has two sides
        raise Unbalanced(lines=len(kept), difference=_sum(kept).minor)
    return kept


def _sum(lines: Sequence[Line]) -> Money:
    return total([line.amount for line in lines], CNY)
