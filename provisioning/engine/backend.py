"""Where the engine keeps what it knows: state, work folders, its home."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
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
    def exists(self) -> bool:
        """Whether the engine knows the stack; asking the engine would cost a start of it."""
        return self.checkpoint.exists()

    def prepare(self) -> None:
        for folder in (self.state_dir, self.work_dir, self.home):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old_logs()

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
