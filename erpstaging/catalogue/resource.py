"""What a mirrored resource is: one frozen declaration from which routes, views and description are built."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from erpstaging.catalogue.payload import Shape

# `first` is a list that shows its first object alone.
Call = Literal["list", "show", "create", "update", "delete", "sync", "first"]
READ: frozenset[Call] = frozenset({"list", "show"})
ALL: frozenset[Call] = frozenset({"list", "show", "create", "update", "delete", "sync"})
NarrowKind = Literal[
    "text",
    "status",
    "integer",
    "flag",
    "choice",
    "date",
    "time",
    "contains",
    "member",
    "working",
    "contract_vendor",
    "linked",
    "deleted",
    "active",
    "newest",
]


@dataclass(frozen=True, slots=True)
class By:
    """How `filters[<name>]` narrows a list: the kind of value, and the columns one of which has to hold it.

    `data.<name>` is a value of `data`: for lists of one project only, no index leads there. Some kinds need no column:
    `linked` asks for an origin ID, `deleted` takes only or with, `active` takes All, Active or Inactive; `member` looks
    into a list of ids, `working` asks for projects where something names the vendor, `contract_vendor` for
    change orders whose contract does. `newest` asks for the last one made.
    """

    kind: NarrowKind
    columns: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


COMMON: Mapping[str, By] = {
    "id": By("integer", ("pk",)),
    "origin_id": By("text", ("origin_id",)),
    "status": By("status"),
    "created_at": By("time", ("created_at",)),
    "updated_at": By("time", ("updated_at",)),
    "vendor_id": By("integer", ("vendor_id",)),
    "search": By("contains", ("title",)),
    "include_deleted": By("deleted"),
    "synced": By("linked"),
    "by_status": By("active"),
}


def narrowed_by(*names: str, **further: By) -> dict[str, By]:
    """Filters that every resource may have, by name, and further ones of this resource alone."""
    return {**{name: COMMON[name] for name in names}, **further}


@dataclass(frozen=True, slots=True)
class Scope:
    """A value that a call gives for all it is about, in path, query or body: `project_id`.

    It stands for the field of that name (or of the entity's own word for it); `column` is what lists are narrowed by,
    where there is one. `required` names the calls that are refused without it.
    """

    name: str
    column: str = ""
    required: frozenset[Call] = ALL


PROJECT = Scope("project_id", column="project_id")


@dataclass(frozen=True, slots=True)
class Holder:
    """What lines stand under: the key of the path that names it, and its type.

    One without a key is that of the call's project: a budget, made with the first thing that is written into it.
    """

    key: str
    item_type: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Objects of one or more item types under one path of `/rest/v1.0`.

    `path` may hold ids: `projects/<id:project_id>/prime_change_orders`. `wrapper` is the key around the object in the
    bodies of create and update. `views` names the shapes that `?view=` (or `?serializer_view=`) chooses from, the first
    one where it says nothing; `list_views` those of lists, where they differ. Of several item types, the first that
    fits the scope is created.
    """

    path: str
    item_types: tuple[str, ...]
    views: Mapping[str, Shape]
    list_views: Mapping[str, Shape] = field(default_factory=dict)
    wrapper: str = ""
    # Whether a create may leave the wrapper out, because the scopes say all that is needed.
    wrapper_optional: bool = False
    calls: frozenset[Call] = ALL
    scopes: tuple[Scope, ...] = ()
    holder: Holder | None = None
    filters: Mapping[str, By] = field(default_factory=lambda: narrowed_by("id"))
    sorts: Mapping[str, str] = field(default_factory=lambda: {"id": "pk"})
    # How lists are ordered where the caller does not say.
    order: tuple[str, ...] = ("pk",)
    delete_status: Literal[200, 204] = 200
    # Whether `sync` takes a bare array, too.
    bare_sync: bool = False
    # Whether the path shows the first object in place of a list.
    shows_first: bool = False
    versions: tuple[str, ...] = ("v1.0",)
    # Whether it is served below `companies/{company_id}/`, too, as clients of one path at times write it.
    nested: bool = True

    def shape(self, view: str | None, *, listed: bool = False) -> Shape:
        """The shape of a view; the first one for a name that nobody declared."""
        offered = (self.list_views or self.views) if listed else self.views
        return offered.get(view or "") or next(iter(offered.values()))
