"""Ports of the parts that run beside the web process."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from dashboard.supervisor import ports

LOWEST_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_outgoing_connection_can_take_one(tmp_path: Path) -> None:
    chosen = ports.kept(tmp_path / "ports.json")

    assert len(set(chosen.values())) == len(ports.NAMES)
    assert max(chosen.values()) < int(LOWEST_OUTGOING.read_text().split()[0])


def test_they_are_kept_and_only_a_taken_one_is_chosen_anew(tmp_path: Path) -> None:
    first = ports.kept(tmp_path / "ports.json")
    with socket.create_server(("127.0.0.1", first["redis"])):
        second = ports.kept(tmp_path / "ports.json")

    assert second["redis"] != first["redis"]
    assert {**second, "redis": first["redis"]} == first
    assert json.loads((tmp_path / "ports.json").read_text()) == second
