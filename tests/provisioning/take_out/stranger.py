"""Somebody who has Pulumi and the providers' packages, and nothing of ours. Run by itself:

python -I -S stranger.py SITE FOLDER import
python -I -S stranger.py SITE FOLDER preview ENGINE STACK
"""

import json
import runpy
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path

OURS = {"provisioning", "dashboard", "tests"}
OTHERS = {"boto3", "botocore", "celery", "cryptography", "django", "google.auth", "moto", "ninja"}
OTHERS |= {"azure", "pydantic", "pydantic_core"}


class Refusing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in OURS | OTHERS or name.split(".")[0] in OURS | OTHERS:
            raise ModuleNotFoundError(f"{name} is not here", name=name)
        return None


def main(site, folder, command, *more):
    sys.path[:0] = [folder]
    sys.path.append(site)
    sys.meta_path.insert(0, Refusing())
    print(json.dumps({"import": imported, "preview": previewed}[command](Path(folder), *more)))


def imported(folder):
    """What `__main__` needs is all there. Without an engine it ends when the first resource is
    registered, so only its imports and its reading of the specification are done."""
    text = (folder / "__main__.py").read_text()
    module = next(line.split()[1] for line in text.splitlines() if line.endswith("import program"))
    spec = import_module("pipeline.spec").load(folder / "pipeline.json")
    program = import_module(module).program
    return {"callable": callable(program), "triggers": [each.key for each in spec.triggers]}


def previewed(folder, engine, stack):
    """What `pulumi preview` finds. The language plug-in comes with the vendor's installer only,
    so `__main__.py` runs as an inline program here: in the same engine, to the same monitor."""
    from pulumi.automation import (  # noqa: PLC0415 (found once the path is made)
        LocalWorkspace,
        PulumiCommand,
        Stack,
    )

    workspace = LocalWorkspace(
        work_dir=str(folder),
        program=lambda: runpy.run_path(str(folder / "__main__.py"), run_name="__main__"),
        pulumi_command=PulumiCommand(root=engine),
    )
    opened = Stack.select(stack, workspace)
    found = opened.preview(refresh=True)
    return {str(getattr(op, "value", op)): count for op, count in found.change_summary.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
