"""The README of a take-out: what it is, and how to go on without Skyclock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provisioning.contracts import Cloud
from provisioning.take_out import sources

if TYPE_CHECKING:
    from provisioning.take_out.packing import TakeOut

CREDENTIALS = {
    Cloud.AWS: "Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN` for "
    "temporary keys), or `AWS_PROFILE`.",
    Cloud.AZURE: "Set `ARM_TENANT_ID`, `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET` and "
    "`ARM_SUBSCRIPTION_ID`, or sign in with `az login`.",
    Cloud.GOOGLE: "Set `GOOGLE_CREDENTIALS` to the text of a service account's key file, or sign "
    "in with `gcloud auth application-default login`.",
}


def of(wanted: TakeOut, state: dict[str, Any] | None) -> str:
    parts = [
        _what(wanted),
        _needs(),
        _credentials(wanted),
        _steps(wanted, deployed=state is not None),
        *_cut_off(state),
        _letting_go(wanted, deployed=state is not None),
    ]
    return "\n".join(parts)


def _what(wanted: TakeOut) -> str:
    spec = wanted.spec
    return f"""# {spec.name}

{wanted.blueprint.label}, version {wanted.number}, in the account {spec.account}, {spec.region}.
A Pulumi program with its configuration and its state, taken out of Skyclock. It imports nothing
of Skyclock and works without it.

| file | what it is |
| --- | --- |
| `Pulumi.yaml` | the project `{spec.project}` |
| `Pulumi.{spec.stack}.yaml` | the configuration of the stack `{spec.stack}` |
| `__main__.py` | the program: it reads `pipeline.json` and calls `{sources.PACKAGE}/` |
| `pipeline.json` | settings and triggers, with each schedule as the cloud writes it |
| `{sources.PACKAGE}/` | the modules, and the code that is deployed |
| `state.json` | what is in the cloud, as `pulumi stack import` reads it; absent if nothing is |
| `requirements.txt` | the Python packages, in the releases that it was deployed with |

The names of project and stack are part of the state. Keep them.
"""


def _needs() -> str:
    return """## What it needs

- Pulumi from its vendor's installer: `pulumi preview` of a Python program needs the language
  plug-in `pulumi-language-python`, which comes with that installer and not with the Go command
  alone (`go install` of `pulumi`). `pulumi version` and `pulumi-language-python` have to be found
  on the PATH.
- Python 3.11 or newer.
- The passphrase that was typed when this was taken out. It opens the secrets in `state.json` and
  is kept nowhere; without it they cannot be read.
"""


def _credentials(wanted: TakeOut) -> str:
    if wanted.sandbox:
        return f"""## The sandbox

This pipeline is on simulated clouds. They take no credential, but their provider has to be
attached, while Skyclock runs, in place of the vendors' plug-ins:

```sh
export PULUMI_DEBUG_PROVIDERS={_attached(wanted)}
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
```

The port is another one after each start of Skyclock: the page *Take out* of the pipeline tells it.
"""
    return f"""## Credentials

Skyclock's credential is not in here. {CREDENTIALS[wanted.blueprint.cloud]}
The configuration lets the providers work in the account {wanted.spec.account} only, where the
cloud's provider can be told so.
"""


def _attached(wanted: TakeOut) -> str:
    port = wanted.sandbox.rpartition(":")[2]
    names = (each.removeprefix("pulumi-") for each in sources.packages(wanted.blueprint))
    return ",".join(f"{name}:{port}" for name in names if name != "pulumi")


def _steps(wanted: TakeOut, *, deployed: bool) -> str:
    importing = "pulumi stack import --file state.json\n" if deployed else ""
    after = (
        "The preview shows no change. One that does shows what was changed in the cloud, or in "
        "Skyclock,\nsince this was taken out."
        if deployed
        else "Nothing of this pipeline was in the cloud, so the preview creates all of it."
    )
    return f"""## Going on with Pulumi

In this folder:

```sh
export PULUMI_CONFIG_PASSPHRASE=…        # the one that was typed
pulumi login file://$HOME/pulumi-state   # a folder that exists, or any other place for states
pulumi install                           # makes ./venv from requirements.txt
pulumi stack init {wanted.spec.stack} --secrets-provider passphrase
{importing}pulumi preview
```

{after}
"""


def _cut_off(state: dict[str, Any] | None) -> Iterator[str]:
    pending = (state or {}).get("deployment", {}).get("pending_operations") or ()
    if pending:
        yield f"""## Something was cut off

{len(pending)} operation(s) were cut off before this was taken out, and nobody knows how they
ended. Run `pulumi refresh` before anything else; it asks about each.
"""


def _letting_go(wanted: TakeOut, *, deployed: bool) -> str:
    if not deployed:
        return ""
    return f"""## Letting Skyclock go of it

Two tools must not change the same stack. When the preview shows no change, open the pipeline
{wanted.spec.name} in Skyclock and choose *Let go* from its menu. That archives it without
destroying anything: its triggers go on firing in the cloud, and Skyclock watches it no more. What
Skyclock itself fired (completion triggers, webhooks, backfills) ends with it.
"""
