"""Models whose state moves by transitions alone."""

from functools import cache
from typing import Any

from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMFieldMixin


@cache
def _state_fields(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.fields if isinstance(field, FSMFieldMixin))


class Moving(ConcurrentTransitionMixin):
    """As the library's, which looks through all fields again for each row that is loaded."""

    @property
    def state_fields(self) -> tuple[Any, ...]:
        return _state_fields(type(self))
