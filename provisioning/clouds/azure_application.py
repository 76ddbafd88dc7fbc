"""An application of Microsoft Entra, with a role in a subscription: what all of Azure's methods
ask for."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from provisioning.clouds.fields import ClientId, MethodFields, SubscriptionId, TenantId
from provisioning.clouds.wrong import wrong


class Application(MethodFields):
    tenant_id: TenantId
    client_id: ClientId
    subscription_id: SubscriptionId

    @model_validator(mode="after")
    def _ids_are_three(self) -> Self:
        """All of them look alike, and people paste one of them twice."""
        if len({self.tenant_id, self.client_id, self.subscription_id}) < 3:
            raise wrong("Tenant, client and subscription have IDs of their own; two are the same.")
        return self
