"""What people paste, split into the fields of a method: what the clouds' own tools print.

A text that would run a program, read a file or an address of this machine, or send a token to a
host that is not the cloud's is refused with the reason, and nothing of it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.clouds import pasting_aws, pasting_azure, pasting_google
from provisioning.clouds.pasted import Refused
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput

PASTE = "paste"  # the name of the box, in forms and API
LONGEST = 100_000
# What each cloud's tools print, for who pasted something else.
EXPECTED = {
    Cloud.AWS: "a profile of ~/.aws/credentials, export AWS_… lines, or what aws sts assume-role "
    "or aws iam create-access-key prints",
    Cloud.AZURE: "what az ad sp create-for-rbac prints, ARM_… lines, or a certificate as PEM",
    Cloud.GOOGLE: "the JSON file of a service account's key, or of a credential configuration",
}
# The fields, of whatever method, that a text has. The second says that it is for the sandbox.
Reader = Callable[[str, str, bool], dict[str, str]]
READERS: dict[Cloud, Reader] = {
    Cloud.AWS: pasting_aws.read,
    Cloud.AZURE: pasting_azure.read,
    Cloud.GOOGLE: pasting_google.read,
}


def split(
    cloud: Cloud,
    method: str,
    text: str,
    *,
    known: frozenset[str],
    sandbox: bool = False,
    field: str = PASTE,
) -> dict[str, str]:
    """The fields of this method that the text has; of `known`, the method's own. Raises
    InvalidInput at `field`."""
    if len(text) > LONGEST:
        raise InvalidInput.at(field, "This text is too long to be a credential.")
    try:
        found = READERS[cloud](text.strip(), method, sandbox)
    except Refused as refused:
        raise InvalidInput.at(field, str(refused), "refused") from None
    ours = {name: value for name, value in found.items() if name in known and value}
    if ours:
        return ours
    if found:
        names = ", ".join(sorted(found))
        raise InvalidInput.at(
            field, f"This text has {names}, which this method does not use. Choose another one."
        )
    raise InvalidInput.at(field, f"This is not understood. Paste {EXPECTED[cloud]}.")


def unpasted(
    values: dict[str, Any],
    cloud: Cloud,
    method: str,
    *,
    known: frozenset[str],
    sandbox: bool,
    field: str,
) -> dict[str, Any]:
    """The values with the pasted text split; what was typed beside it stands."""
    if PASTE not in values:
        return values
    typed = {name: value for name, value in values.items() if name != PASTE}
    text = values[PASTE]
    if not isinstance(text, str):
        raise InvalidInput.at(f"{field}.{PASTE}", "This has to be text.")
    if not text.strip():
        return typed
    place = f"{field}.{PASTE}"
    found = split(cloud, method, text, known=known, sandbox=sandbox, field=place)
    return found | {name: value for name, value in typed.items() if value not in ("", None)}
