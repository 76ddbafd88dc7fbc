"""Where the sealing keys come from, and that a wrong place is a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dashboard import sealing_keys

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*sealing_keys.NAMES, "SKYCLOCK_SEALING_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_word_they_are_in_the_data_folder(tmp_path: Path) -> None:
    made = sealing_keys.read(tmp_path / "sealing_key")
    assert made == sealing_keys.read(tmp_path / "sealing_key")
    assert made.source == str(tmp_path / "sealing_key")
    (tmp_path / "sealing_key").write_text(f"{NEW}\n{made.keys[0]}\n")
    assert sealing_keys.read(tmp_path / "sealing_key").keys == (NEW, made.keys[0])


def test_the_environment_parts_them_by_commas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS", f"{NEW}, {OLD}")
    assert sealing_keys.read(tmp_path / "none").keys == (NEW, OLD)
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_one_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys"
    path.touch(mode=0o600)
    path.write_text(f"# of November\n{NEW}\n\n  # of May\n{OLD}\n")
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_FILE", str(path))
    found = sealing_keys.read(tmp_path / "none")
    assert found.keys == (NEW, OLD)
    assert str(path) in found.source


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602])
def test_a_file_that_others_can_open_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    path = tmp_path / "keys"
    path.write_text(NEW)
    path.chmod(mode)
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_FILE", str(path))
    with pytest.raises(SystemExit, match=r"everybody .* can open .* chmod o= ") as caught:
        sealing_keys.read(tmp_path / "none")
    assert NEW not in str(caught.value)


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n"])
def test_a_file_that_is_missing_or_empty_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    path = tmp_path / "keys"
    if text is not None:
        path.touch(mode=0o600)
        path.write_text(text)
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_FILE", str(path))
    with pytest.raises(SystemExit, match="SKYCLOCK_SEALING_KEYS_FILE"):
        sealing_keys.read(tmp_path / "none")


def test_a_command_prints_them_and_no_shell_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    script = tmp_path / "print keys.py"
    script.write_text(
        f"import sys; open({str(asked)!r}, 'a').write('once '); print(sys.argv[1]); print({OLD!r})"
    )
    command = f"{sys.executable} '{script}' $(touch {tmp_path}/shell)"
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_COMMAND", command)
    assert sealing_keys.read(tmp_path / "none").keys == ("$(touch", OLD)
    assert not (tmp_path / "shell").exists()
    assert asked.read_text() == "once "


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('the vault is sealed')", "failed with 1: the vault is sealed"),
        ("pass", "gives no sealing key"),
        ("import time; time.sleep(60)", "did not end within 1 s"),
    ],
)
def test_a_command_that_does_not_work_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    monkeypatch.setattr(sealing_keys, "COMMAND_SECONDS", 1)
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_COMMAND", f'{sys.executable} -c "{code}"')
    with pytest.raises(SystemExit, match=words):
        sealing_keys.read(tmp_path / "none")


def test_a_command_that_is_none_does_not_show_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_COMMAND", "/no/such/program --password hush")
    with pytest.raises(SystemExit, match="No such file") as caught:
        sealing_keys.read(tmp_path / "none")
    assert "hush" not in str(caught.value)


def test_two_places_are_one_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS", NEW)
    monkeypatch.setenv("SKYCLOCK_SEALING_KEYS_COMMAND", "true")
    with pytest.raises(SystemExit, match="Set only one of"):
        sealing_keys.read(tmp_path / "none")
