"""What a take-out is made of, and the archive that holds it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from provisioning.blueprints.base import Blueprint
from provisioning.contracts import StackSpec
from provisioning.take_out import readme, sources, state
from provisioning.take_out.passphrases import Key

MODE = 0o100644 << 16  # a plain file that everybody may read


@dataclass(frozen=True)
class TakeOut:
    """`spec` is prepared; `checkpoint` is where the engine keeps the stack, if it does."""

    blueprint: Blueprint
    spec: StackSpec
    number: int  # of the Version
    config: Mapping[str, str]
    checkpoint: Path
    ours: str = field(repr=False)  # the passphrase that the state is under
    theirs: str = field(repr=False)  # the one that it shall be under
    sandbox: str = ""  # address of the sandbox's provider, for what is on the sandbox


def pack(wanted: TakeOut) -> bytes:
    """The archive. No clear text and no passphrase is in it, nor in any file on the way."""
    key = Key.new(wanted.theirs)
    kept = state.read(wanted.checkpoint)
    files = {
        **_project(wanted, key),
        **sources.files(wanted.blueprint),
        "README.md": readme.of(wanted, kept).encode(),
    }
    if kept:
        files["state.json"] = _json(state.under(kept, ours=wanted.ours, theirs=key))
    return _zipped(wanted.spec.stack, files)


def _project(wanted: TakeOut, key: Key) -> dict[str, bytes]:
    spec = wanted.spec
    return {
        "Pulumi.yaml": _pulumi_yaml(spec).encode(),
        f"Pulumi.{spec.stack}.yaml": _stack_yaml(key.salt, wanted.config).encode(),
        "__main__.py": _main(spec).encode(),
        "pipeline.json": _json(spec.model_dump(mode="json", exclude={"pipeline_id", "outputs"})),
        "requirements.txt": _requirements(wanted.blueprint).encode(),
    }


def _pulumi_yaml(spec: StackSpec) -> str:
    return (
        f"name: {spec.project}\n"
        f"description: {json.dumps(f'The pipeline {spec.name}')}\n"
        "runtime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: venv\n"
    )


def _stack_yaml(salt: str, config: Mapping[str, str]) -> str:
    """JSON's texts are YAML's, too."""
    lines = [f"  {name}: {json.dumps(value)}\n" for name, value in sorted(config.items())]
    return f"encryptionsalt: {salt}\nconfig:\n{''.join(lines)}"


def _main(spec: StackSpec) -> str:
    return (
        f'"""The Pulumi program of a pipeline; `pulumi up` runs it. README.md says more."""\n\n'
        "from pathlib import Path\n\n"
        f"from {sources.PACKAGE}.{spec.blueprint}.program import program\n"
        f"from {sources.PACKAGE}.spec import load\n\n"
        'program(load(Path(__file__).resolve().parent / "pipeline.json"))\n'
    )


def _requirements(blueprint: Blueprint) -> str:
    """The very releases that it was deployed with: others may name their defaults otherwise."""
    return "".join(f"{each}=={version(each)}\n" for each in sources.packages(blueprint))


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.external_attr = MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return found.getvalue()
