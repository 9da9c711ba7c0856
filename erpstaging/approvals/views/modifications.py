"""The form of a budget modification: an amount moved from one line of a budget to another."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from erpstaging.approvals.presenters import Toast
from erpstaging.approvals.showing.forms import FormShown
from erpstaging.approvals.views.records import FormView
from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.core.errors import NotFound
from erpstaging.records.editing import create_record, require_right
from erpstaging.records.models import Record


class NewModification(FormView):
    """`records/<budget>/modifications/new/`."""

    @property
    def entity(self) -> Entity:
        return ENTITIES["budget_change"]

    @property
    def budget(self) -> Record:
        standing = Record.objects.of(self.company).filter(item_type__in=self.entity.parents, deleted_at=None)
        found: Record | None = standing.filter(pk=self.kwargs["object_id"]).first()
        if found is None:
            raise NotFound()
        return found

    def shown(self) -> FormShown:  # type: ignore[override]
        budget = self.budget
        require_right(self.actor, self.entity)
        return FormShown(self.company, self.actor, self.entity, self.metadata, parent=budget)

    def save(self) -> Record:
        budget = self.budget
        return create_record(
            self.company, actor=self.actor, item_type=self.entity.item_type, parent_id=budget.pk, data=self.data()
        )

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:
        self.save()
        budget = self.budget
        self.say(Toast(text=_("Added a modification to %(name)s") % {"name": budget.title}))
        return HttpResponseRedirect(
            f"{reverse('approvals:record', args=[self.company.pk, budget.pk])}?tab=modifications"
        )
