"""Which engine is taken, and that nobody ever sees half of one."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from provisioning.engine import build, command, versions
from provisioning.engine.command import find_engine, prepare_engine
from provisioning.errors import EngineMissing


def place_engine(root: Path, says: str) -> Path:
    binary = root / "bin" / "pulumi"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho {says}\n")
    binary.chmod(0o755)
    return root


@pytest.fixture
def no_engine_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def silent(message: str) -> None:
    return None


def test_the_one_that_settings_name_goes_first(tmp_path: Path) -> None:
    named = place_engine(tmp_path / "named", "v3.300.1")
    place_engine(tmp_path / "cache" / "pulumi-3.400.0", "v3.400.0")
    found = find_engine(str(named), tmp_path / "cache")
    assert found is not None
    assert (found.root, found.version, found.origin) == (str(named), "3.300.1", "settings")


@pytest.mark.parametrize("says", ["v3.100.0", "v4.0.0", "nonsense"])
def test_a_named_one_that_does_not_do_is_not_overruled(tmp_path: Path, says: str) -> None:
    named = place_engine(tmp_path / "named", says)
    with pytest.raises(EngineMissing, match="Settings name the engine"):
        find_engine(str(named), tmp_path)


def test_one_on_path_goes_before_the_cache(no_engine_on_path: Path, tmp_path: Path) -> None:
    root = place_engine(tmp_path / "elsewhere", "v3.300.0")
    no_engine_on_path.rmdir()
    no_engine_on_path.symlink_to(root / "bin")
    place_engine(tmp_path / "cache" / "pulumi-3.400.0", "v3.400.0")
    found = find_engine(None, tmp_path / "cache")
    assert found is not None
    assert (found.version, found.origin) == ("3.300.0", "path")


def test_an_old_one_on_path_is_passed_over(no_engine_on_path: Path, tmp_path: Path) -> None:
    root = place_engine(tmp_path / "old", "v3.100.0")
    (no_engine_on_path / "pulumi").symlink_to(root / "bin" / "pulumi")
    place_engine(tmp_path / "cache" / "pulumi-3.256.0", "v3.256.0")
    found = find_engine(None, tmp_path / "cache")
    assert found is not None
    assert found.origin == "cache"


def test_the_newest_of_the_cache_is_taken(no_engine_on_path: Path, tmp_path: Path) -> None:
    for version in ("3.99.0", "3.256.0", "3.300.0", "4.1.0"):
        place_engine(tmp_path / f"pulumi-{version}", version)
    (tmp_path / "pulumi-3.310.0").mkdir()  # no binary in it
    found = find_engine(None, tmp_path)
    assert found is not None
    assert found.version == "3.300.0"


def test_nothing_is_found_where_nothing_is(no_engine_on_path: Path, tmp_path: Path) -> None:
    assert find_engine(None, tmp_path / "missing") is None


@pytest.fixture
def vendor_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_from_vendor", lambda *_: None)


def test_a_build_that_fails_leaves_nothing(
    no_engine_on_path: Path, vendor_away: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(root: Path, scratch: Path, report: build.Report) -> None:
        (root / "bin" / "pulumi").write_text("half of a bin")
        raise EngineMissing("The disk is full.")

    monkeypatch.setattr(build, "build", half)
    cache = tmp_path / "cache"
    with pytest.raises(EngineMissing, match=r"The disk is full\. .*SKYCLOCK_PULUMI"):
        prepare_engine(None, cache, silent)
    assert [path.name for path in cache.iterdir()] == ["prepare.lock"]


def test_a_binary_that_does_not_run_is_not_kept(
    no_engine_on_path: Path, vendor_away: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(root: Path, scratch: Path, report: build.Report) -> None:
        (root / "bin" / "pulumi").write_text("for another machine")

    monkeypatch.setattr(build, "build", wrong)
    with pytest.raises(EngineMissing, match="does not run"):
        prepare_engine(None, tmp_path / "cache", silent)
    assert find_engine(None, tmp_path / "cache") is None


def test_two_that_ask_at_once_prepare_once(
    no_engine_on_path: Path, vendor_away: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []

    def slowly(root: Path, scratch: Path, report: build.Report) -> None:
        built.append(root)
        time.sleep(0.3)
        shutil.rmtree(root)
        place_engine(root, "v3.256.0")

    monkeypatch.setattr(build, "build", slowly)
    said: list[str] = []
    roots: list[str] = []

    def ask() -> None:
        roots.append(prepare_engine(None, tmp_path / "cache", said.append).root)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert roots == [str(tmp_path / "cache" / "pulumi-3.256.0")] * 3
    assert any("another process" in message for message in said)


def test_what_a_killed_preparation_left_is_cleared(
    no_engine_on_path: Path, vendor_away: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "preparing-old"
    place_engine(left / "module", "v3.256.0")
    assert find_engine(None, tmp_path) is None

    def quickly(root: Path, scratch: Path, report: build.Report) -> None:
        shutil.rmtree(root)
        place_engine(root, "v3.256.0")

    monkeypatch.setattr(build, "build", quickly)
    assert prepare_engine(None, tmp_path, silent).origin == "module"
    assert not left.exists()


def test_the_lock_is_that_of_the_file(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w") as one, (tmp_path / "x").open("w") as other:
        assert command._take(one.fileno())
        assert not command._take(other.fileno())
        fcntl.flock(one, fcntl.LOCK_UN)
        assert command._take(other.fileno())


def test_the_state_file_says_how_far_it_is(
    no_engine_on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = place_engine(tmp_path / "named", "v3.300.0")
    state = tmp_path / "new" / "engine.json"
    argv = ["engine", "--cache", str(tmp_path), "--state-file", str(state)]
    monkeypatch.setattr(sys, "argv", [*argv, "--settings-root", str(named)])
    assert command.main() == 0
    assert json.loads(state.read_text()) == {
        "state": "ready",
        "message": f"Pulumi 3.300.0 from {named}",
        "version": "3.300.0",
    }
    monkeypatch.setattr(sys, "argv", [*argv, "--settings-root", str(tmp_path / "none")])
    assert command.main() == 1
    assert json.loads(state.read_text())["state"] == "failed"
    assert [path.name for path in state.parent.iterdir()] == ["engine.json"]


def test_versions_are_read_from_what_engines_print() -> None:
    assert versions.parse("v3.256.0-alpha.1+dirty") == (3, 256, 0)
    assert versions.parse("3.206.1\n") == (3, 206, 1)
    assert versions.parse("none") is None
    assert build.pinned_version() >= versions.MINIMUM
