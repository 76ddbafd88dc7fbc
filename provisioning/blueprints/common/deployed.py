"""The settings of what is deployed, which an earlier release may have validated."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from provisioning.contracts import StackSpec
from provisioning.errors import NotPossible

Settings = TypeVar("Settings", bound=BaseModel)


def settings_of(spec: StackSpec, form: type[Settings]) -> Settings:
    try:
        return form.model_validate(spec.settings)
    except ValidationError as error:
        raise NotPossible(
            "What is deployed has settings that this release of Skyclock refuses. "
            "Edit the pipeline and deploy it again."
        ) from error
