"""Adding a Connection: its form begins with what is known of how the cloud is set up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from dashboard.forms.connections import ConnectionForm
from dashboard.services.setting_up import Identity
from provisioning.contracts import Cloud

HELD = "Made on the sandbox and kept here. Leave it empty to use that one."


class NewConnectionForm(ConnectionForm):
    """`held`: fields that were made on the sandbox. Of those only what is no secret is shown.
    `typed`: what was typed before they were."""

    def __init__(
        self,
        *args: Any,
        cloud: Cloud,
        method: str,
        identity: Identity,
        level: str,
        held: Mapping[str, str],
        typed: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        known = {**typed, "level": level, "external_id": identity.external_id, **held}
        super().__init__(*args, initial=known, cloud=cloud, method=method, **kwargs)
        self.held = dict(held)
        for name in self.held:
            self._hold(name)

    def _hold(self, name: str) -> None:
        field = self.fields[name]
        if isinstance(field.widget, forms.Textarea | forms.PasswordInput):
            field.required = False
            field.widget.attrs["placeholder"] = HELD
            self.initial.pop(name, None)

    @property
    def credential(self) -> dict[str, str]:
        return {**self.held, **(super().credential or {})}
