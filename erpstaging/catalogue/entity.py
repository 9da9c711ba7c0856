"""What an entity is: one frozen declaration from which forms, checks, payloads and routes are derived."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.payload import Shape

# Where the values of a company's own fields stand in `data`.
CUSTOM = "custom_fields"


class Level(StrEnum):
    """What a row needs to stand under: nothing, a project, a commitment, or a parent row."""

    COMPANY = "company"
    PROJECT = "project"
    COMMITMENT = "commitment"
    CHILD = "child"


class Support(StrEnum):
    """How far an entity takes part in one kind of act."""

    NO = "no"
    YES = "yes"
    WITH_PARENT = "with parent"
    SUPER_USER = "super user only"

    def __bool__(self) -> bool:
        return self is not Support.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class Supports:
    """What can be done with objects of a kind. `switches` names what a company's metadata has to switch on besides."""

    imported: Support = Support.NO
    exported: Support = Support.NO
    reexported: Support = Support.NO
    synced_staged: Support = Support.NO
    synced_direct: Support = Support.NO
    linked: Support = Support.NO
    merged: Support = Support.NO
    unlinked: Support = Support.NO
    reset: Support = Support.NO
    deleted: Support = Support.NO
    switches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockList:
    """What is closed to people while a record carries an origin ID (lifecycles, section 5)."""

    fields: frozenset[str] = frozenset()
    whole: bool = False
    lines: bool = False
    deletion: bool = True
    # Fields of a line that are closed while this flag of what it stands under is set, linked or not.
    frozen_by: str = ""
    frozen: frozenset[str] = frozenset()

    def closes(self, name: str) -> bool:
        return self.whole or name in self.fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """Where a line says that its amount is quantity times unit cost, or what was sent; and in which words."""

    field: str = "extended_type"
    sent: str = "manual"
    calculated: str = "calculated"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityEvents:
    """Request names of the event catalogue, by what raises them. `sync` asks the integrator to refresh a list.

    `update` sends a synced object once more, after a change. `delete` asks the integrator to agree to a deletion; the
    last two tell it of what a super user did.
    """

    export: str | None = None
    update: str | None = None
    imported: str | None = None
    sync: str | None = None
    link: str | None = None
    link_all: str | None = None
    merge: str | None = None
    unlink: str | None = None
    reset: str | None = None
    delete: str | None = None
    support_delete: str | None = None
    support_unlink: str | None = None

    def for_action(self, action: str) -> str:
        """The request that a staged export of this action opens; empty where the entity has none."""
        return {"create": self.export, "update": self.update, "unlink": self.unlink}[action] or ""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One kind of object.

    `key` is its name in the ERP interface's list of entities, for those that stand in it. `item_type` is the name in
    our tables, `external_item_type` the one on the wire; `metadata_name` the key of a company's metadata document,
    `export_switch` a further switch there that has to be on to export. `number_field`, `title_field` and the like say
    which value of `data` stands in the record's own column of that name.
    """

    item_type: str
    label: str
    plural: str
    level: Level
    metadata_name: str | None
    fields: tuple[Field, ...]
    lock: LockList
    key: str = ""
    # What a list of these alone is called, where `plural` means several kinds together.
    list_title: str = ""
    supports: Supports = Supports()
    export_switch: str | None = None
    # The entity and config of the metadata that switched this kind on before it had a place of its own there.
    older_switch: tuple[str, str] | None = None
    icon: str = "box"
    external_item_type: str | None = None
    parents: tuple[str, ...] = ()
    # Whether an imported row may be imported once more, which brings new lines.
    imported_again: bool = False
    line_type: str | None = None
    # Of a child: the name under which its parent's node lists it.
    shown_under: str = "lines"
    holder_type: str | None = None
    number_field: str | None = None
    title_field: str = "name"
    status_field: str | None = None
    amount_field: str | None = None
    calculation: Calculation | None = None
    # The fields of a line that its amount is the sum of; empty where the amount itself is sent or calculated.
    summed: tuple[str, ...] = ()
    approved_status: str | None = None
    # Further statuses that count as approved when an object is sent.
    also_approved: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    events: EntityEvents = field(default_factory=EntityEvents)
    webhook_resource: str | None = None
    unique_within: tuple[str, ...] = ()
    # Whether a direct sync finds the object by those values where it names neither id nor origin ID.
    found_by_key: bool = False
    # The value of `data` that says it is in the ERP, of kinds that have no origin ID.
    synced_field: str | None = None
    # Contracts and change orders: project people need the admin level to keep and send them.
    kept_by_admins: bool = False
    # Sent from the ERP tool itself, so that its level Standard is enough to send them.
    sent_with_erp_level: bool = False
    # Figures of the ERP: nobody but the integration writes them.
    kept_by_erp: bool = False
    view_shape: Shape | None = None
    wire_path: str | None = None
    # Names that clients write a field under besides its own: `csv_import_code` for `code`.
    write_names: Mapping[str, str] = field(default_factory=dict)
    # Of a line: the declarations that hold below some kinds of parent, where they differ from this one.
    variants: Mapping[str, "Entity"] = field(default_factory=dict)
    # What a company adds: fields of its own, and lock lists of the kinds of parent in place of the market's.
    custom: tuple[Field, ...] = ()
    parent_locks: Mapping[str, LockList] = field(default_factory=dict)

    def with_custom(self, fields: Iterable[Field]) -> "Entity":
        """The same kind of object with a company's own fields. One that is declared here already stays as it is."""
        return replace(self, custom=tuple(one for one in fields if one.name not in self.by_name))

    def under(self, parent_type: str | None) -> "Entity":
        """The declaration that holds below a parent of this type."""
        return self.variants.get(parent_type or "", self)

    @property
    def updated_by_switch(self) -> bool:
        """Whether a company's metadata decides if a synced object may be sent again."""
        return "reexported" in self.supports.switches

    @property
    def staged(self) -> bool:
        return bool(self.supports.synced_staged)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {one.name: one for one in self.fields}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What people call each field, the company's own ones too."""
        return {one.name: one.label for one in (*self.fields, *self.custom)}

    @cached_property
    def references(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.kind == "reference")

    @cached_property
    def reference_names(self) -> frozenset[str]:
        """The fields that name another object, whatever this one stands under."""
        return frozenset(one.name for kind in (self, *self.variants.values()) for one in kind.references)

    @cached_property
    def origin_fields(self) -> Mapping[str, Field]:
        """Staged keys that name another object by origin ID, such as `vendor_origin_id`, and the field each fills."""
        return {one.origin_field: one for one in self.fields if one.origin_field}

    @cached_property
    def staged_names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.fields if one.staged) | frozenset(self.origin_fields)

    @cached_property
    def cleaners(self) -> Mapping[str, Callable[[Any], Any]]:
        """What cleans a value, by the name it comes under; fields go before origin IDs of the same name."""
        return dict.fromkeys(self.origin_fields, clean_origin_id) | {one.name: one.cleaner for one in self.fields}

    def renamed(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """What a client sent, by the names of the fields."""
        return {self.write_names.get(str(name), str(name)): value for name, value in sent.items()}

    @property
    def project_bound(self) -> bool:
        """Whether each stands in a project; a line does where its parent does."""
        return self.is_child or "project_id" in self.by_name

    @property
    def listed_as(self) -> str:
        return self.list_title or self.plural

    @property
    def is_child(self) -> bool:
        return self.level is Level.CHILD

    def edited_fields(self) -> Iterable[Field]:
        return (one for one in (*self.fields, *self.custom) if one.edited)

    def value_of(self, name: str, data: Mapping[str, Any]) -> Any:
        """The stored value of a declared field or of one of the company's own."""
        own = {one.name for one in self.custom}
        return (data.get(CUSTOM) or {}).get(name) if name in own else data.get(name)


def clean_data(
    entity: Entity, data: Mapping[str, Any], names: frozenset[str]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The values of `data` that the entity knows and `names` allows, cleaned; and what was wrong, by field.

    Unknown keys are left out: the wire ignores them.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    cleaners = entity.cleaners
    for name, value in data.items():
        if name == CUSTOM and entity.custom:
            cleaned[CUSTOM], wrong = _clean_custom(entity, value)
            errors |= wrong
        if name not in names:
            continue
        try:
            cleaned[name] = None if value is None else cleaners[name](value)
        except ValueError as exc:
            errors[name] = [str(exc)]
    return cleaned, errors


def _clean_custom(entity: Entity, value: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The company's own values: each as it is, or as it is read, {"data_type", "value"}. Unknown keys are left out."""
    if value is None:
        return {}, {}
    if not isinstance(value, Mapping):
        return {}, {CUSTOM: ["must be an object"]}
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for one in entity.custom:
        if one.name not in value:
            continue
        given = value[one.name]
        try:
            cleaned[one.name] = one.clean(given.get("value") if isinstance(given, Mapping) else given)
        except ValueError as exc:
            errors[one.name] = [str(exc)]
    return cleaned, errors


def merged_data(current: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """What stands there with what came; of the company's own fields, those that came."""
    data = {**current, **changed}
    if isinstance(changed.get(CUSTOM), Mapping):
        data[CUSTOM] = {**(current.get(CUSTOM) or {}), **changed[CUSTOM]}
    return data


def clean_origin_id(value: Any) -> str | None:
    """An origin ID is a string that nobody parses; numbers are taken as their digits. Raises ValueError."""
    origin_id = clean_origin_code(value)
    if origin_id is not None and not origin_id.strip():
        raise ValueError("can't be blank")
    return origin_id


def clean_origin_code(value: Any) -> str | None:
    """A display code of the ERP; unlike an ID it may be empty. Raises ValueError."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("must be a string")
    code = str(value)
    if len(code) > 255:
        raise ValueError("is too long (maximum 255 characters)")
    if "\0" in code:
        raise ValueError("must not contain NUL characters")
    return code
