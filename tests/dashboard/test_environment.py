"""What stands wrong in the environment stops the start with a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dashboard import environment


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("Yes", True), ("off", False)])
def test_flags(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    assert environment.flag("NAME", default=not meant) is not meant
    monkeypatch.setenv("NAME", value)
    assert environment.flag("NAME", default=not meant) is meant


def test_a_number_in_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.whole_number("NAME", default=8000, most=65535) == 8000
    monkeypatch.setenv("NAME", "8080")
    assert environment.whole_number("NAME", default=8000, most=65535) == 8080


def test_words_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", " a, b ,,")
    assert environment.words("NAME") == ["a", "b"]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: environment.flag("NAME", default=True), "perhaps"),
        (lambda: environment.choice("NAME", ("text", "json"), default="text"), "xml"),
        (lambda: environment.whole_number("NAME", default=1, most=65535), "70000"),
        (lambda: environment.whole_number("NAME", default=1, most=65535), "0"),
        (lambda: environment.whole_number("NAME", default=1, most=65535), "eighty"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, read: object, value: str) -> None:
    monkeypatch.setenv("NAME", value)
    with pytest.raises(SystemExit, match=f"NAME must be .*'{value}'"):
        read()


def test_a_wrong_database_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "nosql://me:hunter2@db/skyclock")
    with pytest.raises(SystemExit, match="NAME is no address") as caught:
        environment.database("NAME", default="sqlite://")
    assert "hunter2" not in str(caught.value)


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = environment.secret_file("NAME", path, kind="fernet")
    assert environment.secret_file("NAME", path, kind="fernet") == made
    Fernet(made)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_secret_of_the_environment_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME", "given")
    assert environment.secret_file("NAME", tmp_path / "key") == "given"
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_together_agree_on_a_secret(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from dashboard import environment;"
        f"print(environment.secret_file('NAME', Path({str(tmp_path / 'key')!r})))"
    )
    root = Path(__file__).resolve().parents[2]
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert len({each.communicate()[0] for each in started}) == 1


def test_the_issuer_is_the_first_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = ["http://10.0.0.7", "https://*.example.com", "https://sky.example.com"]
    assert environment.issuer_url("NAME", origins=origins, port=8000) == "https://sky.example.com"
    assert environment.issuer_url("NAME", origins=[], port=8123) == "http://127.0.0.1:8123"
    monkeypatch.setenv("NAME", "https://other.example.com/")
    assert environment.issuer_url("NAME", origins=origins, port=1) == "https://other.example.com"
    monkeypatch.setenv("NAME", "sky.example.com")
    with pytest.raises(SystemExit, match="must be like https"):
        environment.issuer_url("NAME", origins=[], port=1)
