"""Where the engine keeps what it knows: state, work folders, its home."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

LOG_SECONDS = 3 * 24 * 3600  # the engine never removes its own logs


@dataclass(frozen=True)
class Backend:
    """The file backend of all stacks, and the fixed work folder of this one.

    The folder is fixed because plans and secrets need the `Pulumi.<stack>.yaml` in it.
    """

    state_dir: Path
    work_dir: Path
    project: str
    stack: str
    passphrase: str = field(repr=False)

    @property
    def home(self) -> Path:
        """PULUMI_HOME of our own: the plug-ins of all stacks, and logs."""
        return self.state_dir / "home"

    @property
    def checkpoint(self) -> Path:
        return self.state_dir / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"

    @property
    def locks(self) -> Path:
        return self.state_dir / ".pulumi" / "locks" / "organization" / self.project / self.stack

    @property
    def guard(self) -> Path:
        """The file whose lock the kernel keeps while an operation works on the stack."""
        return self.state_dir / "guards" / self.project / f"{self.stack}.lock"

    @property
    def fence(self) -> Path:
        """The file with the number of the newest operation on the stack."""
        return self.state_dir / "guards" / self.project / f"{self.stack}.json"

    @property
    def unread(self) -> Path:
        """A file that is there while the state has resources of which only the inputs are known,
        because a repair took them over and has not read the rest from the cloud."""
        return self.state_dir / "guards" / self.project / f"{self.stack}.unread"

    @property
    def exists(self) -> bool:
        """Whether the engine knows the stack; asking the engine would cost a start of it."""
        return self.checkpoint.exists()

    def prepare(self) -> None:
        for folder in (self.state_dir, self.work_dir, self.home):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old_logs()

    def configure(self, config: Mapping[str, str]) -> None:
        """Write the stack's settings; `pulumi config set` would start the engine for each.

        In one step, because half of the file, left by a kill, would stop every operation. JSON
        is YAML as well.
        """
        path = self.work_dir / f"Pulumi.{self.stack}.yaml"
        settings: dict[str, Any] = {"config": dict(config)}
        if salt := self._salt():
            settings["encryptionsalt"] = salt
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(settings, indent=2))
        draft.replace(path)

    def _salt(self) -> str | None:
        """Of the secrets in the state; None where it has none yet, and the engine makes one."""
        try:
            state = json.loads(self.checkpoint.read_text())
        except FileNotFoundError:
            return None
        latest = state["checkpoint"].get("latest") or {}
        provider = latest.get("secrets_providers") or {}
        salt = (provider.get("state") or {}).get("salt")
        return str(salt) if salt else None

    def environment(self) -> dict[str, str]:
        return {
            # Without side-car files: they are not written in one step, and half of one, left by
            # a kill, makes the engine refuse the state ("failed to load checkpoint: EOF").
            "PULUMI_BACKEND_URL": f"file://{quote(str(self.state_dir))}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
            "PULUMI_HOME": str(self.home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_CI_DETECTION": "true",
        }

    def _forget_old_logs(self) -> None:
        oldest = time.time() - LOG_SECONDS
        for log in (self.home / "logs").glob("*"):
            try:
                if log.stat().st_mtime < oldest:
                    log.unlink()
            except FileNotFoundError:
                continue  # another operation was quicker


def plugins_in(state_dir: Path) -> tuple[str, ...]:
    """The providers' plug-ins that engines have fetched, such as "aws 7.51.1"."""
    folders = (state_dir / "home" / "plugins").glob("resource-*")
    names = (each.name.removeprefix("resource-") for each in folders if each.is_dir())
    return tuple(sorted(name.replace("-v", " ", 1) for name in names))
