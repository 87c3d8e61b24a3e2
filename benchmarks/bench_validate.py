"""`mlspec validate` of one spec, cold and cached, beside the bare import of Hydra, OmegaConf and Pydantic."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from timing import processes, ratio, show, verdict

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(os.environ.get("ROUNDS", "15"))
QUICK = 0.1  # seconds that a cached one may take, on a machine with nothing else to do
IMPORTS = "import of hydra, omegaconf and pydantic"
USED = f"{IMPORTS}.BaseModel"  # pydantic imports next to nothing before it is asked for something
SPECS = {
    "the example": ROOT / "examples" / "flight-delay" / "flight-delay.yaml",
    "a template": ROOT / "specs" / "templates" / "binary.yaml",
}


def main() -> None:
    """Print medians, and the ratios to reach."""
    with tempfile.TemporaryDirectory() as scratch:
        commands, before = {}, {}
        for name, spec in SPECS.items():
            copy = Path(shutil.copy(spec, Path(scratch) / spec.name))
            cache = Path(scratch) / ".mlspec" / "cache" / Path(scratch).name / spec.name
            commands[f"{name}, cold"] = commands[f"{name}, cached"] = [
                *(sys.executable, "-m", "mlspec.cli", "validate", str(copy))
            ]
            before[f"{name}, cold"] = lambda cache=cache: shutil.rmtree(cache, ignore_errors=True)
        commands[IMPORTS] = [sys.executable, "-c", "import hydra, omegaconf, pydantic"]
        commands[USED] = [sys.executable, "-c", "import hydra, omegaconf, pydantic; pydantic.BaseModel"]
        commands["import of click"] = [sys.executable, "-c", "import click"]
        commands["bare Python"] = [sys.executable, "-c", "pass"]
        figures = processes(commands, rounds=ROUNDS, before=before)
    print(f"medians of {ROUNDS} whole processes each, in turn")
    show(figures)
    for name in SPECS:
        cold, cached = figures[f"{name}, cold"], figures[f"{name}, cached"]
        ratio(f"{name}: cold / {IMPORTS}", cold / figures[IMPORTS], 1.5)
        ratio(f"{name}: cold / {USED}", cold / figures[USED])
        print(f"  {cached * 1000:10.1f} ms  {name}: cached (to reach: under 100 ms) {verdict(cached < QUICK)}")


if __name__ == "__main__":
    main()
