"""`make run`'s supervisor: starts, says when, stops all of it, and finds everything again."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.whole.product import Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def processes_of(product: Product) -> list[psutil.Process]:
    assert product.process
    return psutil.Process(product.process.pid).children(recursive=True)


def lasting(client: Client) -> list[dict[str, Any]]:
    """The connections; a worker that looks around uses them as soon as it starts."""
    return [{**each, "last_used_at": None} for each in client.get("/connections")]


def test_it_stops_whole_and_finds_everything_as_it_was(tmp_path: Path) -> None:
    product = Product(data=tmp_path / "data").start()
    client = product.client()
    before = lasting(client)
    clock = client.post("/sandbox/clock", {"advance": "P1D"})["now"]
    children = processes_of(product)
    assert len(children) >= 5
    assert product.stop(signal.SIGINT) == 0
    assert [child for child in children if child.is_running()] == []

    product.output.clear()
    product.start()
    try:
        again = product.client()
        assert lasting(again) == before
        assert again.get("/sandbox/clock")["now"] > clock
        children = processes_of(product)
        assert product.stop(signal.SIGTERM) == 0
        assert [child for child in children if child.is_running()] == []
    finally:
        product.stop()


def test_a_killed_part_is_started_again_and_a_killed_whole_leaves_nothing_in_the_way(
    tmp_path: Path,
) -> None:
    product = Product(data=tmp_path / "data").start()
    try:
        assert product.kill("uvicorn") == 1
        product.wait_for_line("starting it again", timeout=60)
        client = product.client()
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                assert client.call("GET", "/connections").status == 200
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail("the web server did not come back")

        children = processes_of(product)
        product.stop(signal.SIGKILL)
        gone, left = psutil.wait_procs(children, timeout=60)
        assert len(gone) >= 5 and left == []
        product.output.clear()
        product.start()
        assert product.client().get("/connections")
    finally:
        product.stop()


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        product = Product(data=tmp_path / "data", port=taken.getsockname()[1])
        with pytest.raises(AssertionError, match=r"Port \d+ on 127.0.0.1 is in use"):
            product.start()
    assert product.process and product.process.returncode == 1
    assert not any("Traceback" in line for line in product.output)
