"""The command line from outside: exit codes, formats, help, and no traceback whatever is typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlspec.cli.app import COMMANDS, invoke
from mlspec.cli.exits import Exit

EXAMPLE = Path(__file__).parents[2] / "examples" / "flight-delay" / "flight-delay.yaml"
TEMPLATES = ("binary", "multiclass", "regression", "team")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    copy = tmp_path / "flight-delay.yaml"
    copy.write_text(EXAMPLE.read_text())
    return copy


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([name, "--help"]) == Exit.DONE
    out = capsys.readouterr().out
    assert "Example" in out
    assert f"mlspec {name}" in out


def test_a_wrong_command_is_a_usage_error_with_the_nearest_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["aply"]) == Exit.USAGE
    assert "did you mean 'apply'?" in capsys.readouterr().err


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_validates_and_plans_without_edits(
    template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my-model.yaml"
    assert invoke(["init", template, str(path)]) == Exit.DONE
    assert invoke(["validate", str(path)]) == Exit.DONE, capsys.readouterr().err
    assert invoke(["plan", str(path)]) == Exit.DONE, capsys.readouterr().err
    assert invoke(["init", template, str(path)]) == Exit.USAGE, "an existing file is not overwritten"


def test_a_second_spec_of_a_team_keeps_its_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["init", "team", str(tmp_path / "churn.yaml")]) == Exit.DONE
    profile = tmp_path / "platform" / "profile" / "acme.yaml"
    profile.write_text(profile.read_text().replace("min: 0.65", "min: 0.70"))
    assert invoke(["init", "team", str(tmp_path / "upsell.yaml"), "--force"]) == Exit.DONE
    assert f"kept {profile}" in capsys.readouterr().out
    assert "min: 0.70" in profile.read_text()
    assert invoke(["explain", str(tmp_path / "upsell.yaml"), "gates.0.min"]) == Exit.DONE
    assert capsys.readouterr().out.startswith("gates.0.min = 0.7\n")
    assert invoke(["validate", str(tmp_path)]) == Exit.DONE
    assert invoke(["validate", str(tmp_path), "serving.auth=iam", "governance.retention=30d"]) == Exit.INVALID
    assert "profile 'acme' holds it" in capsys.readouterr().err


def test_plan_tells_changes_by_its_exit_code(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["plan", str(spec)]) == Exit.DONE
    assert invoke(["plan", str(spec), "--detailed-exitcode"]) == Exit.CHANGES
    assert invoke(["plan", str(spec), "--expect-no-changes"]) == Exit.UNEXPECTED_CHANGES
    capsys.readouterr()
    assert invoke(["plan", str(spec), "--json"]) == Exit.DONE
    plan = json.loads(capsys.readouterr().out)
    assert plan["counts"]["add"] > 40
    assert plan["counts"]["change"] == plan["counts"]["destroy"] == 0


def test_plan_groups_by_reviewer_and_ends_with_the_next_command(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    invoke(["plan", str(spec)])
    out = capsys.readouterr().out
    assert [out.index(who) for who in ("Security", "Cost", "ML", "Operations") if who in out] == sorted(
        out.index(who) for who in ("Security", "Cost", "ML", "Operations") if who in out
    )
    assert out.rstrip().endswith(f"mlspec apply {spec}")
    assert "\x1b[" not in out, "no colour off a terminal"


def test_plan_imports_neither_pulumi_nor_boto3_nor_the_training_libraries(spec: Path) -> None:
    code = (
        "import sys; from mlspec.cli.app import invoke; assert invoke(sys.argv[1:]) == 0;"
        "heavy = {'pulumi', 'pulumi_aws', 'boto3', 'botocore', 'moto', 'sklearn', 'polars', 'numpy', 'onnxruntime'};"
        "loaded = heavy & set(sys.modules); assert not loaded, loaded"
    )
    for _ in ("cold", "cached"):
        done = subprocess.run(
            [sys.executable, "-c", code, "plan", str(spec)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_apply_without_a_terminal_or_consent_is_a_usage_error(tmp_path: Path, spec: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlspec.cli", "destroy", str(spec)],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == Exit.DONE
    assert "nothing to destroy" in done.stdout


@pytest.mark.parametrize("command", ["run", "status", "predict", "rollback", "logs"])
def test_commands_on_what_is_not_deployed_say_what_to_do(
    command: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = ["--record", "{}"] if command == "predict" else []
    assert invoke([command, str(spec), *extra]) == Exit.ERROR
    assert "hint:" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "sarif", "github", "text"])
def test_a_broken_spec_exits_with_3_in_every_format(form: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(EXAMPLE.read_text().replace("name: flight-delay", "nam: flight-delay"))
    assert invoke(["validate", str(spec), "--format", form]) == Exit.INVALID
    shown = capsys.readouterr()
    assert "ML" in shown.out + shown.err


def test_two_compiles_in_two_folders_under_two_hash_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for seed, place in (("1", tmp_path / "a"), ("77", tmp_path / "b" / "deeper")):
        place.mkdir(parents=True)
        (place / "flight-delay.yaml").write_text(EXAMPLE.read_text())
        command = [sys.executable, "-m", "mlspec.cli", "compile", "flight-delay.yaml", "--out", "bundle", "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=place, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        digests.add(json.loads(done.stdout)["digest"])
        files = {p.relative_to(place): p.read_bytes() for p in (place / "bundle").rglob("*") if p.is_file()}
        digests.add(str(sorted((str(path), hash_of(content)) for path, content in files.items())))
    assert len(digests) == 2, "one digest and one listing for both"


def hash_of(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def test_a_changed_spec_is_compiled_anew_and_an_unchanged_one_is_not(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def digest() -> str:
        capsys.readouterr()
        assert invoke(["compile", str(spec), "--json"]) == Exit.DONE
        return str(json.loads(capsys.readouterr().out)["digest"])

    first = digest()
    assert digest() == first
    spec.write_text(spec.read_text().replace("bake: 10m", "bake: 12m"))
    assert digest() != first
    spec.write_text(spec.read_text().replace("bake: 12m", "bake: 10m"))
    assert digest() == first


def test_a_sealed_plan_is_refused_when_the_spec_has_moved(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed = spec.parent / "flight-delay.plan"
    assert invoke(["plan", str(spec), "--out", str(sealed)]) == Exit.DONE
    spec.write_text(spec.read_text().replace("bake: 10m", "bake: 12m"))
    try:
        assert invoke(["apply", str(sealed)]) == Exit.STALE
        assert "ML522" in capsys.readouterr().err
    finally:
        invoke(["local", "stop", str(spec)])


def test_an_edited_plan_file_is_refused(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed = spec.parent / "flight-delay.plan"
    assert invoke(["plan", str(spec), "--out", str(sealed)]) == Exit.DONE
    sealed.write_text(sealed.read_text().replace("create", "keep", 1))
    try:
        assert invoke(["apply", str(sealed)]) == Exit.USAGE
        assert "ML521" in capsys.readouterr().err
    finally:
        invoke(["local", "stop", str(spec)])
