"""An application of Microsoft Entra that trusts Skyclock's tokens: no secret is stored at all."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, model_validator

from provisioning.clouds.fields import (
    AzureRegion,
    ClientId,
    MethodFields,
    SubscriptionId,
    TenantId,
    ids_differ,
)


class AzureFederation(MethodFields):
    model_config = ConfigDict(title="Workload identity federation")

    summary: ClassVar[str] = (
        "Microsoft Entra trusts the tokens that Skyclock signs. Nothing that could be stolen is "
        "stored. Entra has to reach this Skyclock by https."
    )
    keeps_secret: ClassVar[bool] = False

    tenant_id: TenantId
    client_id: ClientId
    subscription_id: SubscriptionId
    region: AzureRegion

    @model_validator(mode="after")
    def _ids_are_three(self) -> AzureFederation:
        ids_differ(self.tenant_id, self.client_id, self.subscription_id)
        return self
