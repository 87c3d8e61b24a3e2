"""The soak benchmark, cut short: a model swapped under load loses nothing; memory is judged by the long run alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "benchmarks" / "serving" / "soak.py"
_SECONDS = 6


def test_a_model_is_swapped_under_load_and_nothing_fails(tmp_path: Path) -> None:
    found = tmp_path / "soak.json"
    command = [sys.executable, str(SOAK), "--seconds", str(_SECONDS), "--rate", "100", "--json", str(found)]
    environ = {**os.environ, "MLSPEC_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(found.read_text())
    assert told["complaints"] == []
    assert told["load"]["outcomes"] == {"200": 594, "400 (malformed)": 6}
    first, second = told["releases"]
    assert first != second
