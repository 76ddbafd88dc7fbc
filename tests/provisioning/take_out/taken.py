"""Takes a stack out, and runs what came of it as somebody without Skyclock would."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioning.blueprints import registry
from provisioning.clouds import pulumi_config
from provisioning.contracts import Access, StackSpec
from provisioning.take_out import TakeOut, pack

OURS = "the passphrase of the state"
THEIRS = "a passphrase of somebody's own"
STRANGER = Path(__file__).with_name("stranger.py")
SITE = sysconfig.get_paths()["purelib"]


def take_out(spec: StackSpec, *, access: Access | None = None, checkpoint: Path) -> bytes:
    blueprint = registry.get(spec.blueprint)
    wanted = TakeOut(
        blueprint=blueprint,
        spec=blueprint.prepare(spec, datetime(2026, 11, 21, tzinfo=UTC)),
        number=3,
        config=pulumi_config(access) if access else {},
        checkpoint=checkpoint,
        ours=OURS,
        theirs=THEIRS,
        sandbox=access.sandbox.provider if access and access.sandbox else "",
    )
    return pack(wanted)


def unpack(archive: bytes, to: Path) -> Path:
    """The folder that the archive holds."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(to)
        (folder,) = {name.split("/")[0] for name in opened.namelist()}
    return to / folder


def stranger(folder: Path, *command: str, env: dict[str, str] | None = None) -> Any:
    """Run stranger.py without this checkout and without what is installed beside Pulumi."""
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(STRANGER), SITE, str(folder), *command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-4000:] + answer.stdout[-4000:]
    return json.loads(answer.stdout.splitlines()[-1])
