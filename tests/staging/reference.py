"""What staging has to do, in the plainest words that run: wire specification 9.4, lifecycles section 1.

Nothing here is fast, locks, or asks a database. Ids of records are taken over from the service once it has given them.
"""

from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]
Sent = dict[str, Any]
CONTRACTS = ("work_order_contract", "purchase_order_contract")
HOLDERS = (*CONTRACTS, "commitment_change_order", "prime_contract")
LEVELS = (
    ("vendor", "project"),
    ("sub_job", "prime_contract", *CONTRACTS),
    ("commitment_change_order",),
    ("line_item",),
)
STATUSES = ("staged", "archived", "imported", "invalid")
# What comes back goes by way of `staged`, and into `imported` only an approver brings a row.
PROJECT = {"project_origin_id": ("project",)}
CODES = {"cost_code_origin_id": ("cost_code",), "line_item_type_origin_id": ("line_item_type",)}
# The references that an import needs.
REFERENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "vendor": {},
    "project": {},
    "sub_job": PROJECT,
    "prime_contract": PROJECT,
    **{kind: PROJECT | {"vendor_origin_id": ("vendor",)} for kind in CONTRACTS},
    "commitment_change_order": PROJECT | {"commitment_origin_id": CONTRACTS},
}
NEEDED = {
    "vendor": ("name",),
    "project": ("name",),
    "sub_job": ("name", "code"),
    "prime_contract": ("title",),
    "commitment_change_order": ("title",),
}
# What a row has to name, by origin ID or by id, to be staged at all.
STANDS_IN = {
    **dict.fromkeys(("sub_job", "prime_contract", *CONTRACTS), ("project",)),
    "commitment_change_order": ("project", "commitment"),
}


class Refused(Exception):
    """The element, or the act, is refused."""


@dataclass(eq=False)
class Thing:
    """An object of record."""

    item_type: str
    data: Sent
    origin_id: str | None
    parent: "Thing | None" = None
    id: int = 0


@dataclass(eq=False)
class Row:
    """A staged record."""

    item_type: str
    origin_id: str
    data: Sent
    status: str
    parent: "Row | None" = None
    went_with_parent: bool = False
    thing: Thing | None = None
    went_in: Sent | None = None
    news: bool = False

    @property
    def set_aside(self) -> bool:
        return self.parent is not None and self.status == "archived" and not self.went_with_parent


def id_field(origin_field: str) -> str:
    return origin_field.replace("_origin_id", "_id")


@dataclass
class Books:
    """A company's staged rows and objects."""

    rows: dict[Key, Row] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)

    # What is there

    def linked(self, targets: tuple[str, ...], origin_id: Any) -> Thing | None:
        found = [one for one in self.things if one.item_type in targets and one.origin_id == origin_id]
        return found[0] if origin_id is not None and found else None

    def children(self, row: Row) -> list[Row]:
        return [one for one in self.rows.values() if one.parent is row]

    def references(self, row: Row) -> dict[str, tuple[str, ...]]:
        if row.parent is None:
            return REFERENCES[row.item_type]
        change_order = row.parent.item_type == "commitment_change_order"
        return CODES | ({"commitment_line_item_origin_id": ("line_item",)} if change_order else {})

    def missing(self, row: Row) -> set[tuple[str, str, str]]:
        """What the row names and nothing is linked as."""
        return {
            (row.origin_id, name, row.data[name])
            for name, targets in self.references(row).items()
            if row.data.get(name) is not None
            and row.data.get(id_field(name)) is None
            and self.linked(targets, row.data[name]) is None
        }

    def waiting(self, head: Row) -> set[tuple[str, str, str]]:
        members = [head, *(child for child in self.children(head) if not child.set_aside)]
        return set().union(*map(self.missing, members))

    # Staging

    def sync(self, updates: list[Sent]) -> list[Sent]:
        """Work off one call; answers with the elements that are refused, as they were sent, parents before children."""
        elements = [(sent, above) for top in updates for sent, above in _with_children(top)]
        refused: list[int] = []
        standing, changed, invalid = set(self.rows), [], []
        for types in LEVELS:
            for place, (sent, above) in enumerate(elements):
                if sent["item_type"] in types:
                    try:
                        self._stage(sent, above, changed, invalid)
                    except Refused:
                        refused.append(place)
        for head in changed:
            stood = (head.item_type, head.origin_id) in standing
            if stood and head.status == "imported" and head.item_type == "prime_contract":
                head.news = True
        return [elements[place][0] for place in sorted(refused)]

    def _stage(self, sent: Sent, above: Sent | None, changed: list[Row], invalid: list[Row]) -> None:
        key, wanted = (sent["item_type"], sent["origin_id"]), sent.get("status")
        row = self.rows.get(key)
        before = dict(row.data) if row else {}
        merged = {**before, **sent["data"]}
        if wanted is not None and wanted not in STATUSES:
            raise Refused
        if any(merged.get(f"{name}_origin_id") is None and merged.get(f"{name}_id") is None
               for name in STANDS_IN.get(key[0], ())):  # fmt: skip
            raise Refused
        self._refuse_unknown(sent)
        parent = self._parent(sent, above, row) if key[0] == "line_item" else None
        if row and wanted not in (None, row.status, "staged") and (row.status != "staged" or wanted == "imported"):
            raise Refused
        if row is None:
            row = self.rows[key] = Row(*key, merged, wanted or "staged", parent)
            is_new, moved = True, False
        else:
            is_new, moved = False, parent is not row.parent
        was = (row.status, row.parent)
        if moved and row.parent is not None:
            changed.append(row.parent)
        row.data, row.parent = merged, parent
        if wanted == "invalid":
            invalid.append(row)
        corrected = was[0] == "invalid" and merged != before and not is_new
        self._move(row, "staged" if corrected and wanted is None else wanted)
        if is_new or moved or merged != before or row.status != was[0]:
            changed.append(parent or row)
            if parent is not None and parent.status == "invalid" and parent not in invalid:
                self._move(parent, "staged")

    def _refuse_unknown(self, sent: Sent) -> None:
        data = sent["data"]
        by_id = {"project_id": ("project",), "vendor_id": ("vendor",), "commitment_id": CONTRACTS,
                 "cost_code_id": ("cost_code",), "commitment_line_item_id": ("line_item",)}  # fmt: skip
        for name, targets in by_id.items():
            if data.get(name) is not None and not [
                one for one in self.things if one.id == data[name] and one.item_type in targets
            ]:
                raise Refused
        for name, targets in (("project_origin_id", ("project",)), ("commitment_origin_id", CONTRACTS)):
            value = data.get(name)
            staged = any((target, value) in self.rows for target in targets)
            if value is not None and not staged and self.linked(targets, value) is None:
                raise Refused

    def _parent(self, sent: Sent, above: Sent | None, row: Row | None) -> Row:
        if above is not None:
            found = self.rows.get((above["item_type"], above["origin_id"]))
        elif "parent_origin_id" in sent:
            named = (self.rows.get((holder, sent["parent_origin_id"])) for holder in HOLDERS)
            found = next(filter(None, named), None)
        else:
            found = row.parent if row else None
        if found is None:
            raise Refused
        return found

    def _move(self, row: Row, wanted: str | None) -> None:
        if wanted in (None, row.status):
            return
        row.status, row.went_with_parent = wanted, False
        for child in self.children(row):
            if wanted == "archived" and child.status == "staged":
                child.status, child.went_with_parent = "archived", True
            elif wanted == "staged" and child.status != "staged" and not child.set_aside:
                child.status, child.went_with_parent = "staged", False

    # Decisions

    def shelve(self, row: Row, wanted: str) -> None:
        if row.parent is not None or row.status != {"archived": "staged", "staged": "archived"}[wanted]:
            raise Refused
        self._move(row, wanted)

    def coming(self, row: Row) -> list[Row]:
        """What is imported together."""
        again = row.status == "imported"
        return [row] + [
            child
            for child in self.children(row)
            if child.status != "archived" and (child.status != "imported" or (again and child.data != child.went_in))
        ]

    def accept(self, row: Row) -> str:
        """Import a row; answers with the status it has then."""
        again = row.status == "imported" and row.news
        if row.parent is not None or not (row.status == "staged" or again):
            raise Refused
        coming = self.coming(row)
        for one in coming:
            named = self.references(one)
            blank = [name for name in named if one.data.get(name) is None and one.data.get(id_field(name)) is None]
            if blank or self.missing(one):
                raise Refused
        if any(one.data.get(name) in (None, "") for one in coming for name in NEEDED.get(one.item_type, ())):
            return self._fail(row, again)
        if any(one.status == "invalid" or self._is_stranger(one, row) for one in coming[1:]):
            return self._fail(row, again)
        standing = {id(one): self._standing(one, row) for one in coming}
        holder = standing[id(row)]
        if any((was := standing[id(one)]) is not None and was.parent is not holder for one in coming[1:]):
            raise Refused
        for one in coming:
            self._bring_in(one, standing[id(one)], None if one is row else row.thing)
        return row.status

    def _fail(self, row: Row, again: bool) -> str:
        if again:
            raise Refused
        row.status = "invalid"
        return row.status

    def _target(self, one: Row, name: str) -> int:
        found = self.linked(self.references(one)[name], one.data.get(name))
        return found.id if found is not None else one.data[id_field(name)]

    def _is_stranger(self, line: Row, head: Row) -> bool:
        """A line of a change order has to name a line of that very commitment."""
        if head.item_type != "commitment_change_order":
            return False
        wanted = self._target(line, "commitment_line_item_origin_id")
        (named,) = [one for one in self.things if one.id == wanted]
        return named.parent is None or named.parent.id != self._target(head, "commitment_origin_id")

    def _standing(self, one: Row, head: Row) -> Thing | None:
        """The object that carries the origin ID, else the unlinked one that the row was before."""
        found = self.linked((one.item_type,), one.origin_id)
        if found is not None or one.thing is None or one.thing.origin_id is not None:
            return found
        holder = None if one is head else self._standing(head, head)
        return one.thing if one.thing.parent is holder else None

    def _bring_in(self, one: Row, thing: Thing | None, holder: Thing | None) -> None:
        data = {name: value for name, value in one.data.items() if not name.endswith("_origin_id")}
        if one.parent is not None and one.parent.item_type != "commitment_change_order":
            data.pop("commitment_line_item_id", None)  # means something under a change order alone
        data |= {id_field(name): self._target(one, name) for name in self.references(one)}
        if thing is None:
            thing = Thing(one.item_type, {}, None, holder)
            self.things.append(thing)
        thing.data = {**thing.data, **data}
        thing.origin_id = one.origin_id
        one.thing, one.status, one.went_in, one.news = thing, "imported", dict(one.data), False

    # Links

    def unlink(self, thing: Thing) -> None:
        loose = [one for one in self.things if (one is thing or one.parent is thing) and one.origin_id is not None]
        if thing not in loose:
            return
        for one in loose:
            one.origin_id = None
        for row in [row for row in self.rows.values() if row.thing in loose and row.status == "imported"]:
            for one in (row, *self.children(row)):
                one.status, one.went_with_parent = "staged", False

    def relink(self, thing: Thing, origin_id: str) -> None:
        holder = self.linked((thing.item_type,), origin_id)
        if holder not in (None, thing):
            raise Refused
        thing.origin_id = origin_id


def _with_children(sent: Sent) -> list[tuple[Sent, Sent | None]]:
    return [(sent, None), *((child, sent) for child in sent.get("children", ()))]
