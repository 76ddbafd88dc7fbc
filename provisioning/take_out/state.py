"""A stack's state for somebody else: as `pulumi stack import` reads it, under their passphrase."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from provisioning.errors import NotPossible
from provisioning.take_out.passphrases import Key

# The engine's mark of a special value, and what it says of a secret:
# sdk/go/common/resource/properties.go of pulumi/pulumi.
MARK = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a mark, no secret)


def read(checkpoint: Path) -> dict[str, Any] | None:
    """What the engine keeps of the stack, as `pulumi stack export` writes it; None: nothing."""
    try:
        kept = json.loads(checkpoint.read_text())
    except FileNotFoundError:
        return None
    latest = kept.get("checkpoint", {}).get("latest")
    return {"version": kept.get("version", 3), "deployment": latest} if latest else None


def under(state: dict[str, Any], *, ours: str, theirs: Key) -> dict[str, Any]:
    """The same state with every secret under the key `theirs`. `ours` is the passphrase that
    it is under now. Clear texts are in memory only, one at a time."""
    deployment = dict(state["deployment"])
    opening = _opener(deployment.get("secrets_providers"), ours)
    provider = {"type": "passphrase", "state": {"salt": theirs.salt}}
    resealed = _resealed(deployment, lambda secret: theirs.seal(opening().open(secret)))
    return {**state, "deployment": {**resealed, "secrets_providers": provider}}


def _opener(provider: dict[str, Any] | None, passphrase: str) -> Callable[[], Key]:
    """Our key, made when the first secret is met: most states have none."""
    made: list[Key] = []

    def key() -> Key:
        if not made:
            if not provider or provider.get("type") != "passphrase":
                raise NotPossible("This state's secrets are not under a passphrase.")
            made.append(Key.opening(provider["state"]["salt"], passphrase))
        return made[0]

    return key


def _resealed(value: Any, reseal: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_resealed(each, reseal) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(MARK) == SECRET and "ciphertext" in value:
        return {**value, "ciphertext": reseal(value["ciphertext"])}
    if value.get(MARK) == SECRET and "plaintext" in value:  # as a hand-made import may leave it
        raise NotPossible("This state holds a secret in clear. Refresh the pipeline first.")
    return {name: _resealed(each, reseal) for name, each in value.items()}
