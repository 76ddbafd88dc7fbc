from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Text = models.TextField[str, str]
else:
    Text = models.TextField


class SealedField(Text):
    """A MultiFernet token, or "" where there is none; what it seals is in no form and no answer.

    Whatever `dashboard.secrets` has sealed is kept in fields of this kind: by it `rotate_keys`
    finds every value, and none can be forgotten.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        # To the database it is a text like any other, so migrations need not know of it.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
