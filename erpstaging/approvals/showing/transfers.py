"""What was moved between the lines of a budget, as its page shows it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Link, Transfer, Transfers


def transfers_of(node: Mapping[str, Any], currency: str, new: Link | None = None) -> Transfers:
    """The modifications of a budget's node, each with the names of the lines that it moves an amount between."""
    names = {line["id"]: line_name(line) for line in node["lines"]}
    rows = [_transfer(one["data"], names) for one in node.get("modifications", ())]
    return Transfers(rows=rows, currency=currency, new=new)


def _transfer(data: Mapping[str, Any], names: Mapping[int, str]) -> Transfer:
    source, target = data.get("from_budget_line_item_id"), data.get("to_budget_line_item_id")
    return Transfer(
        source=_("New money") if source is None else names.get(source, _("a deleted line")),
        target=names.get(target or 0, _("a deleted line")),
        amount=Decimal(str(data.get("transfer_amount") or 0)),
        notes=str(data.get("notes") or ""),
    )


def line_name(line: Mapping[str, Any]) -> str:
    """A line of a budget as people know it: `05-120 S Structural steel`."""
    codes = (line.get(key) or {} for key in ("cost_code", "line_item_type"))
    return " ".join(filter(None, [*(str(one.get("number") or "") for one in codes), str(line.get("title") or "")]))


def counts_of(node: Mapping[str, Any], checks: int) -> dict[str, int]:
    """What the tabs of an object count."""
    return {
        "lines": len(node.get("lines", ())),
        "modifications": len(node.get("modifications", ())),
        "checks": checks,
    }
