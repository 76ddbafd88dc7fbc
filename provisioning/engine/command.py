"""Which `pulumi` is used, and how one is had where there is none.

In this order: the one that settings name; one on PATH that is new enough; one in the cache
folder; the vendor's installer; a build of the official Go command from its Go module.
As a program: `python -m provisioning.engine.command --cache DIR` prepares one.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from provisioning.contracts import EngineCommand
from provisioning.engine import build, versions
from provisioning.engine.environment import clean_environment
from provisioning.errors import EngineMissing, SkyclockError

Report = Callable[[str], None]
Origin = Literal["settings", "path", "cache", "vendor", "module"]

PREPARED = "pulumi-"  # folders of the cache: pulumi-3.256.0/bin/pulumi
SCRATCH = "preparing-"
VENDOR_SECONDS = 620
WAY_OUT = (
    "Give this machine a network or Go, or install Pulumi in another way and name its folder "
    "in SKYCLOCK_PULUMI."
)


def find_engine(
    settings_root: str | None, cache: Path, version: str | None = None
) -> EngineCommand | None:
    """The engine that is there already, or None; of this version only, where one is given.
    Fast, and without the network.

    Raises EngineMissing when settings name one that does not work: they are not overruled.
    """
    named = _named(Path(settings_root)) if settings_root else None
    if version is None:
        return named or _on_path() or next(_in_cache(cache), None)
    present = (each for each in (named, _on_path(), *_in_cache(cache)) if each)
    return next((each for each in present if each.version == version), None)


def engines(settings_root: str | None, cache: Path) -> tuple[EngineCommand, ...]:
    """All that are there and would do, in the order in which they are looked for."""
    try:
        named = _named(Path(settings_root)) if settings_root else None
    except EngineMissing:
        named = None
    return tuple(each for each in (named, _on_path(), *_in_cache(cache)) if each)


def prepare_engine(settings_root: str | None, cache: Path, report: Report) -> EngineCommand:
    """The engine, fetched or built where there is none. Two processes may ask at once."""
    found = find_engine(settings_root, cache)
    if found:
        return found
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache, report):
        return next(_in_cache(cache), None) or _make(cache, report, None)


def prepare_version(
    settings_root: str | None, cache: Path, version: str, report: Report
) -> EngineCommand:
    """This version in the cache folder, beside all others, where nobody else changes it."""
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache, report):
        kept = next((each for each in _in_cache(cache) if each.version == version), None)
        if kept:
            return kept
        present = next((e for e in engines(settings_root, cache) if e.version == version), None)
        return _copied(present, cache, report) if present else _make(cache, report, version)


def _named(root: Path) -> EngineCommand:
    version = versions.of_binary(root / "bin" / "pulumi")
    if version is None:
        raise EngineMissing(f"Settings name the engine {root}, but {root}/bin/pulumi does not run.")
    if not versions.fits(version):
        raise EngineMissing(
            f"Settings name the engine {root}, which is {versions.written(version)}; "
            f"Skyclock needs {versions.written(versions.MINIMUM)} or a later 3.x."
        )
    return _engine(root, version, "settings")


def _on_path() -> EngineCommand | None:
    found = shutil.which("pulumi")
    if found is None:
        return None
    for binary in (Path(found), Path(found).resolve()):
        # The Automation API wants a folder with bin/pulumi in it.
        version = versions.of_binary(binary) if binary.parent.name == "bin" else None
        if version and versions.fits(version):
            return _engine(binary.parent.parent, version, "path")
    return None


def _in_cache(cache: Path) -> Iterator[EngineCommand]:
    """The newest first. Folders of the cache appear whole and under their version, so nothing
    has to be run."""
    known = [
        (version, root)
        for root in cache.glob(f"{PREPARED}*")
        if (version := versions.parse(root.name)) and (root / "bin" / "pulumi").is_file()
    ]
    for version, root in sorted(known, reverse=True):
        if versions.fits(version):
            yield _engine(root, version, "cache")


def _engine(root: Path, version: versions.Version, origin: Origin) -> EngineCommand:
    return EngineCommand(root=str(root), version=versions.written(version), origin=origin)


def _make(cache: Path, report: Report, version: str | None) -> EngineCommand:
    with _scratch(cache) as scratch:
        try:
            made = _from_vendor(cache, scratch, report, version)
            return made or _from_module(cache, scratch, report, version)
        except EngineMissing as error:
            raise EngineMissing(f"{error} {WAY_OUT}") from error


def _copied(engine: EngineCommand, cache: Path, report: Report) -> EngineCommand:
    """Whoever looks after the original may replace it by another version at any time."""
    report(f"Copying Pulumi {engine.version} from {engine.root}")
    with _scratch(cache) as scratch:
        root = scratch / "copy"
        (root / "bin").mkdir(parents=True)
        for file in (Path(engine.root) / "bin").glob("pulumi*"):
            shutil.copy2(file, root / "bin" / file.name)
        return _keep(root, cache, "cache", engine.version)


@contextmanager
def _scratch(cache: Path) -> Iterator[Path]:
    for left in cache.glob(f"{SCRATCH}*"):  # of one that was killed; the lock is ours now
        shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=cache))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _from_vendor(
    cache: Path, scratch: Path, report: Report, version: str | None
) -> EngineCommand | None:
    report("Asking the vendor's installer for the Pulumi engine")
    root = scratch / "vendor"
    argv = [sys.executable, "-m", "provisioning.engine.vendor", str(root)]
    argv += ["--version", version] if version else []
    env = clean_environment("PYTHONPATH")
    try:
        answer = subprocess.run(
            argv, env=env, cwd=Path(__file__).parents[2], timeout=VENDOR_SECONDS,
            capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        report("The vendor's installer did not come to an end")
        return None
    if answer.returncode != 0:
        words = answer.stderr.strip().splitlines()
        report(f"Not from the vendor: {words[-1] if words else 'no reason given'}")
        return None
    return _keep(root, cache, "vendor", version)


def _from_module(cache: Path, scratch: Path, report: Report, version: str | None) -> EngineCommand:
    pinned = versions.written(build.pinned_version())
    if version not in (None, pinned):
        raise EngineMissing(
            f"Pulumi {version} could not be fetched from its vendor, and this release of Skyclock "
            f"can build {pinned} only."
        )
    root = scratch / "module"
    (root / "bin").mkdir(parents=True)
    build.build(root, scratch, report)
    return _keep(root, cache, "module", version)


def _keep(root: Path, cache: Path, origin: Origin, wanted: str | None) -> EngineCommand:
    """Move what works to its place in one step: nobody ever sees half a binary."""
    version = versions.of_binary(root / "bin" / "pulumi")
    if version is None or not versions.fits(version):
        raise EngineMissing("The engine that was prepared does not run on this machine.")
    if wanted not in (None, versions.written(version)):
        raise EngineMissing(f"Instead of {wanted} this is Pulumi {versions.written(version)}.")
    place = cache / f"{PREPARED}{versions.written(version)}"
    shutil.rmtree(place, ignore_errors=True)  # not a whole one, or it would have been found
    root.rename(place)
    return _engine(place, version, origin)


@contextmanager
def alone(cache: Path, report: Report) -> Iterator[None]:
    with (cache / "prepare.lock").open("w") as lock:
        waiting = False
        while not _take(lock.fileno()):
            if not waiting:
                report("Waiting for another process that prepares the Pulumi engine")
            waiting = True
            time.sleep(0.5)
        yield


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class StateFile:
    """What others are told of the preparation: preparing, ready or failed, and why."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def write(self, state: str, message: str, version: str | None = None) -> None:
        print(message, flush=True)
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"state": state, "message": message, "version": version}))
        draft.replace(self.path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="engine", description="Prepare the Pulumi engine.")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--settings-root")
    parser.add_argument("--state-file", type=Path)
    options = parser.parse_args()
    state = StateFile(options.state_file)
    try:
        engine = prepare_engine(
            options.settings_root, options.cache, lambda message: state.write("preparing", message)
        )
    except (SkyclockError, OSError) as error:
        state.write("failed", str(error))
        return 1
    state.write("ready", f"Pulumi {engine.version} from {engine.root}", engine.version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
