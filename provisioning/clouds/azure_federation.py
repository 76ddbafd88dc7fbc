"""An application of Microsoft Entra that trusts Skyclock's tokens: no secret is stored at all."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from provisioning.clouds.azure_application import Application
from provisioning.clouds.fields import AzureRegion


class AzureFederation(Application):
    model_config = ConfigDict(title="Workload identity federation")

    summary: ClassVar[str] = (
        "Microsoft Entra trusts the tokens that Skyclock signs. Nothing that could be stolen is "
        "stored. Entra has to reach this Skyclock by https."
    )
    keeps_secret: ClassVar[bool] = False

    region: AzureRegion
