"""Reading a company's metadata document: which entities are on, and where the rules of each are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.erp_settings import ErpSettings
from erpstaging.connections.rules import CODE_NAMES, EntityRules, part_at, switched_on
from erpstaging.core.errors import Invalid, NotFound


class Metadata:
    """A company's document, or the absence of one; with the ERP settings and the company's own fields."""

    def __init__(
        self,
        document: Mapping[str, Any] | None,
        erp: ErpSettings | None = None,
        custom: Mapping[str, Sequence[Field]] | None = None,
    ) -> None:
        self.document = document
        self.settings = part_at(document, "settings") or (document or {})
        self.erp = erp or ErpSettings()
        self.custom = custom or {}
        # By the declaration's identity; the declaration is kept so that the identity stays its own.
        self._entities: dict[int, tuple[Entity, Entity]] = {}
        self._rules: dict[str, EntityRules] = {}

    def entity(self, entity: Entity) -> Entity:
        """The kind of object as this company has it: with its own fields and its own lock lists."""
        if id(entity) not in self._entities:
            self._entities[id(entity)] = (entity, self._own(entity))
        return self._entities[id(entity)][1]

    def _own(self, entity: Entity) -> Entity:
        own = self.custom.get(entity.item_type)
        locked = self.erp.locked_types
        if own:
            entity = entity.with_custom(own)
        if not locked & {entity.item_type, *entity.parents}:
            return entity
        parents = {one: self.erp.lock_of(ENTITIES[one]) for one in entity.parents if one in locked}
        return replace(entity, lock=self.erp.lock_of(entity), parent_locks=parents)

    @property
    def missing(self) -> bool:
        return self.document is None

    @property
    def erp_name(self) -> str:
        return str(part_at(self.settings, "labels").get("name") or "ERP")

    @property
    def short_name(self) -> str:
        return str(part_at(self.settings, "labels").get("short_name") or self.erp_name)

    @property
    def id_name(self) -> str:
        return str(part_at(self.settings, "labels").get("id_name") or "Code")

    @property
    def code_delimiter(self) -> str:
        given = part_at(self.settings, "configurations", "settings").get("cost_codes_segment_delimiter")
        return str(given) if given else "-"

    @property
    def allows_custom_segments(self) -> bool:
        """Whether people may define further segments of cost codes."""
        return switched_on(part_at(self.settings, "configurations", "features").get("custom_wbs_segments"))

    @property
    def imports_payments(self) -> bool:
        """Under its own name, or the older one with the invoices."""
        return self.rules("contract_payments").may_import or (
            self.rules("requisitions").enabled and self.rules("requisitions").config("sync_payments")
        )

    def rules(self, name: str) -> EntityRules:
        if name not in self._rules:
            self._rules[name] = self._read_rules(name)
        return self._rules[name]

    def _read_rules(self, name: str) -> EntityRules:
        settings = part_at(self.settings, "entities", name)
        columns = part_at(settings, "tab", "columns")
        texts = (part_at(columns, column).get("text") for column in CODE_NAMES)
        return EntityRules(name, settings, str(next(filter(None, texts), self.id_name)), self.erp)

    def of(self, entity: Entity) -> EntityRules | None:
        """The entity's rules; None for one that no document ever switches."""
        return self.rules(entity.metadata_name) if entity.metadata_name else None

    def is_on(self, entity: Entity) -> bool:
        """Without a document everything can be staged; with one, what it does not switch on is off."""
        rules = self.of(entity)
        if rules is None or self.missing:
            return True
        if entity.is_child and not rules.settings:
            return True  # lines follow their parent unless the document speaks of them
        if entity.older_switch and self.rules(entity.older_switch[0]).config(entity.older_switch[1]):
            return True
        return rules.enabled

    def require_on(self, entity: Entity) -> None:
        """Raises Invalid on the shared routes, naming `item_type`."""
        if not self.is_on(entity):
            raise Invalid.field("item_type", f"{entity.plural} are switched off for this company.", code="entity_off")

    def require_route(self, entity: Entity) -> None:
        """Raises NotFound on the entity's own routes."""
        if not self.is_on(entity):
            raise NotFound()

    def tabs(self, candidates: Iterable[Entity]) -> list[Entity]:
        if self.missing:
            return [entity for entity in candidates if not entity.is_child]
        return [one for one in candidates if not one.is_child and (rules := self.of(one)) and rules.shows_tab]
