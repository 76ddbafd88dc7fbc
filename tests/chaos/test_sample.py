"""A few seeded strikes of `make chaos`, as part of every whole test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.strikes import WHOLE, Target
from tests.chaos.suite import Suite
from tests.chaos.systems import SYSTEMS

pytestmark = [pytest.mark.engine, pytest.mark.sandbox, pytest.mark.timeout(1200)]
SMALL = [each for each in SYSTEMS if each.kind in ("aws_s3_retraining", "google_data_pipeline")]
TARGETS = tuple(each for each in Target if each not in (*WHOLE, Target.SANDBOX))


def test_what_is_killed_comes_right_again(tmp_path: Path) -> None:
    suite = Suite(seed=5, kills=6, lanes=2, systems=SMALL, targets=TARGETS).run(tmp_path)
    assert suite.findings == []
    assert suite.done >= 6
    assert sum(record.recoveries for record in suite.records) >= 4
