"""`mlspec plan`, cold and cached, beside the AWS SAM transform of a template of as many resources; whole processes."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from timing import processes, ratio, show

from mlspec.cli.project import Project

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(os.environ.get("ROUNDS", "9"))
COLD, CACHED, SAM = "mlspec plan, cold", "mlspec plan, cached", "AWS SAM transform"

_TRANSFORM = """
import json, os, sys
os.environ.update(AWS_DEFAULT_REGION="us-east-1")
from samtranslator.translator.transform import transform
class NoPolicies:
    def load(self): return {}
document = transform(json.load(open(sys.argv[1])), {}, NoPolicies())
made = len(document["Resources"])
sys.exit(f"the peer made {made} resources of {sys.argv[2]}" if made != int(sys.argv[2]) else 0)
"""
_PER_FUNCTION = 6  # what the transform makes of one: function, version, alias, role, rule, permission


def sam_template(resources: int) -> dict[str, object]:
    """A template that becomes `resources` resources: functions with a role, an alias and a schedule, and log groups."""
    functions = resources // (_PER_FUNCTION + 1)
    logs = resources - functions * _PER_FUNCTION
    made: dict[str, object] = {f"Unit{n}": _function() for n in range(functions)}
    for n in range(logs):
        made[f"Logs{n}"] = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31", "Resources": made}


def _function() -> dict[str, object]:
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Handler": "handler.handler",
            "Runtime": "python3.12",
            "CodeUri": "s3://bucket/key",
            "AutoPublishAlias": "live",
            "Events": {"Daily": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}},
            "Environment": {"Variables": {"MODEL": "m"}},
            "Policies": [{"Statement": [allowed]}],
        },
    }


def _resources_of(spec: Path) -> int:
    """How many resources the plan is about."""
    return len(json.loads(Project(spec).bundle.files["graph.json"])["resources"])


def main() -> None:
    """Print medians and the two ratios that matter."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        spec = shutil.copy(ROOT / "examples/flight-delay/flight-delay.yaml", folder)
        plan = [sys.executable, "-m", "mlspec.cli", "plan", str(spec)]
        count = _resources_of(Path(spec))
        (folder / "sam.json").write_text(json.dumps(sam_template(count)))
        (folder / "sam.py").write_text(_TRANSFORM)
        commands = {
            COLD: plan,
            CACHED: plan,
            SAM: [sys.executable, str(folder / "sam.py"), str(folder / "sam.json"), str(count)],
            "import of hydra, omegaconf and pydantic": [sys.executable, "-c", "import hydra, omegaconf, pydantic"],
            "import of click": [sys.executable, "-c", "import click"],
            "bare Python": [sys.executable, "-c", "pass"],
        }
        fresh = {COLD: lambda: shutil.rmtree(folder / ".mlspec", ignore_errors=True)}
        figures = processes(commands, rounds=ROUNDS, before=fresh)
    print(f"{count} resources on both sides; medians of {ROUNDS} whole processes each, in turn")
    show(figures)
    ratio("cold plan / SAM transform", figures[COLD] / figures[SAM], 1.0)
    ratio("cached plan / SAM transform", figures[CACHED] / figures[SAM], 0.25)


if __name__ == "__main__":
    main()
