import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_scripts_pass_their_own_tests():
    node = shutil.which("node")
    assert node, "There is no node on PATH; `make check` puts its own there."
    tests = sorted(str(path) for path in (ROOT / "static" / "src").rglob("*.test.js"))
    env = {**os.environ, "NODE_OPTIONS": ""}
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout
