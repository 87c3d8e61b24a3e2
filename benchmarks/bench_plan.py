"""`mlspec plan`, cold and cached, beside the AWS SAM transform of a template of the same size; whole processes."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from timing import processes, ratio, show

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(os.environ.get("ROUNDS", "7"))

_SAM = """
import json, os, sys
os.environ.update(AWS_DEFAULT_REGION="us-east-1")
from samtranslator.translator.transform import transform
class NoPolicies:
    def load(self): return {}
document = transform(json.load(open(sys.argv[1])), {}, NoPolicies())
assert len(document["Resources"]) >= int(sys.argv[2]), len(document["Resources"])
"""


def sam_template(functions: int) -> dict[str, object]:
    """Functions with a role, an alias, a log group, a schedule and an alarm each: about what a spec lowers to."""
    resources: dict[str, object] = {}
    for n in range(functions):
        resources[f"Unit{n}"] = {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "handler.handler",
                "Runtime": "python3.12",
                "CodeUri": "s3://bucket/key",
                "AutoPublishAlias": "live",
                "Events": {"Daily": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}},
                "Environment": {"Variables": {"MODEL": "m"}},
                "Policies": [
                    {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}
                ],
            },
        }
        resources[f"Logs{n}"] = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


def main() -> None:
    """Print medians and the two ratios that matter."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        spec = shutil.copy(ROOT / "examples/flight-delay/flight-delay.yaml", folder)
        plan = [sys.executable, "-m", "mlspec.cli", "plan", str(spec)]
        (folder / "sam.json").write_text(json.dumps(sam_template(10)))
        (folder / "sam.py").write_text(_SAM)
        commands = {
            "mlspec plan, cold": plan,
            "mlspec plan, cached": plan,
            "AWS SAM transform, 10 functions": [sys.executable, str(folder / "sam.py"), str(folder / "sam.json"), "60"],
            "import of hydra, omegaconf and pydantic": [sys.executable, "-c", "import hydra, omegaconf, pydantic"],
            "bare Python": [sys.executable, "-c", "pass"],
        }
        fresh = {"mlspec plan, cold": lambda: shutil.rmtree(folder / ".mlspec", ignore_errors=True)}
        figures = processes(commands, rounds=ROUNDS, before=fresh)
    print(f"mlspec plan, medians of {ROUNDS} runs of the whole process")
    show(figures)
    sam = figures["AWS SAM transform, 10 functions"]
    ratio("cold plan / SAM transform", figures["mlspec plan, cold"] / sam, 1.0)
    ratio("cached plan / SAM transform", figures["mlspec plan, cached"] / sam, 0.25)


if __name__ == "__main__":
    main()
