"""The team's library on the command line: one option for every command, part of what is cached and what is sealed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.cli.project import Project

TEAM = Path(__file__).parents[2] / "examples" / "team-library"
Out = pytest.CaptureFixture[str]
COMPILING = ("validate", "compile", "plan", "apply", "destroy", "run", "status", "predict", "rehearse", "logs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, with no mlspec.toml, and a second library whose profile asks for other gates."""
    for name in ("churn.yaml", "platform"):
        source = TEAM / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    shutil.copytree(tmp_path / "platform", tmp_path / "other")
    edit(tmp_path / "other" / "profile" / "acme.yaml", "min: 0.65", "min: 0.75")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def answer(capsys: Out, *words: str) -> dict[str, object]:
    capsys.readouterr()
    assert invoke([*words, "--json"]) == Exit.DONE, capsys.readouterr().err
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


@pytest.mark.parametrize("command", [*COMPILING, "show", "explain", "rollback"])
def test_every_command_that_compiles_takes_a_library(command: str, folder: Path, capsys: Out) -> None:
    capsys.readouterr()
    invoke([command, "--help"])
    assert "--library WHERE" in capsys.readouterr().out


def test_one_that_is_not_there_is_told_by_each(folder: Path, capsys: Out) -> None:
    spec = str(folder / "churn.yaml")
    for words in (
        ["validate", spec],
        ["plan", spec],
        ["show", spec],
        ["explain", spec, "gates"],
        ["validate", str(folder)],
    ):
        assert invoke([*words, "--library", "no_such_package_here"]) == Exit.INVALID
        assert "ML310" in capsys.readouterr().err


def test_each_library_has_a_bundle_of_its_own(folder: Path, capsys: Out) -> None:
    spec, digests = str(folder / "churn.yaml"), []
    for library in ("platform", "other", "platform"):
        told = answer(capsys, "compile", spec, "--library", str(folder / library))
        digests.append(told["digest"])
    assert digests[0] == digests[2] != digests[1]
    assert Project(folder / "churn.yaml", library=str(folder / "other")).cached is not None
    assert Project(folder / "churn.yaml", library=str(folder / "third")).cached is None
    told = answer(capsys, "validate", str(folder), "--library", str(folder / "other"))
    assert [one["digest"] for one in told["specs"]] == [digests[1]]  # type: ignore[attr-defined]


def test_a_folder_is_meant_from_where_it_is_typed(folder: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "other")
    here = answer(capsys, "compile", "../churn.yaml", "--library", ".")
    monkeypatch.chdir(folder / "platform")
    assert answer(capsys, "compile", "../churn.yaml", "--library", ".")["digest"] != here["digest"]


def test_settings_that_are_new_changed_or_gone_are_seen(folder: Path, capsys: Out) -> None:
    """Also above the spec, where none was when it was compiled."""
    models = folder / "models"
    models.mkdir()
    shutil.move(folder / "churn.yaml", models / "churn.yaml")
    (models / "profiles").mkdir()
    (models / "profiles" / "acme.yaml").write_text("gates: [{metric: roc_auc, min: 0.5}]\n")
    spec = Project(models / "churn.yaml")
    first = spec.digest
    assert Project(models / "churn.yaml").cached is not None

    (folder / "mlspec.toml").write_text("[library]\nrequired = ['serving/small-lambda']\n")
    assert Project(models / "churn.yaml").cached is None
    second = Project(models / "churn.yaml").digest
    assert second != first

    (folder / "mlspec.toml").write_text("[library]\nrequired = ['rollout/careful']\n")
    assert Project(models / "churn.yaml").cached is None
    assert Project(models / "churn.yaml").digest not in (first, second)

    (folder / "mlspec.toml").unlink()
    assert Project(models / "churn.yaml").digest == first


def test_a_package_that_would_now_be_found_elsewhere_is_seen(folder: Path, tmp_path: Path) -> None:
    (folder / "mlspec.toml").write_text('[library]\npackage = "acme_models"\n')
    for site, library in (("one", "platform"), ("two", "other")):
        shutil.copytree(folder / library, tmp_path / "sites" / site / "acme_models")
    digests = []
    for path in ("one", "two", "one"):
        site = str(tmp_path / "sites" / path)
        done = subprocess.run(
            [sys.executable, "-m", "mlspec.cli", "compile", str(folder / "churn.yaml"), "--json"],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": site},
        )  # fmt: skip
        digests.append(json.loads(done.stdout)["digest"])
    assert digests[0] == digests[2] != digests[1]


def test_a_sealed_plan_holds_its_library(folder: Path, capsys: Out) -> None:
    spec, sealed = str(folder / "churn.yaml"), folder / "churn.plan"
    library = folder / "platform"
    assert invoke(["plan", spec, "--library", str(library), "--out", str(sealed)]) == Exit.DONE
    assert json.loads(sealed.read_text())["library"] == str(library)
    try:
        assert invoke(["apply", str(sealed), "--library", str(folder / "other")]) == Exit.STALE
        assert "ML522" in capsys.readouterr().err
        edit(library / "profile" / "acme.yaml", "min: 0.65", "min: 0.60")
        assert invoke(["apply", str(sealed)]) == Exit.STALE
    finally:
        invoke(["local", "stop", spec])


def test_show_as_json_has_every_value_and_its_place(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.chdir(TEAM)
    told = answer(capsys, "show", "churn.yaml", "--env", "prod", "training.seed=9")
    spec, origins = told["spec"], told["origins"]
    assert isinstance(spec, dict)
    assert isinstance(origins, dict)
    assert (spec["serving"]["memory"], spec["environment"], spec["training"]["seed"]) == ("2 GiB", "prod", 9)
    assert spec["notify"] == {"email": ["growth@example.com"]}
    assert origins["serving.memory"] == "churn.yaml:7:28"
    assert origins["governance.retention"] == "platform/profile/acme.yaml:11:14"
    assert origins["training.seed"] == "training.seed=9"
    assert origins["serving.timeout"] == "default"
    assert told["finals"] == {
        "gates": "profile 'acme' at platform/profile/acme.yaml:6:45",
        "governance.retention": "profile 'acme' at platform/profile/acme.yaml:6:23",
        "serving.auth": "profile 'acme' at platform/profile/acme.yaml:6:9",
    }
    missing = [path for path in paths(spec) if path not in origins]
    assert not missing


@pytest.mark.parametrize("absolute", [False, True])
def test_every_command_names_files_as_they_are_from_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, absolute: bool
) -> None:
    monkeypatch.chdir(folder.parent)
    spec = str(folder / "churn.yaml" if absolute else Path(folder.name) / "churn.yaml")
    (folder / "mlspec.toml").write_text('[library]\npath = "platform"\n')
    here, lock = f"{folder.name}/churn.yaml", f"{folder.name}/platform/profile/acme.yaml:6:"
    assert invoke(["explain", spec, "name"]) == Exit.DONE
    assert f"{here}:2:7" in capsys.readouterr().out
    assert invoke(["explain", spec, "serving.auth"]) == Exit.DONE
    assert f"profile 'acme' holds serving.auth at {lock}" in capsys.readouterr().out
    assert invoke(["show", spec]) == Exit.DONE
    assert f"# {here}:2:7\n" in capsys.readouterr().out
    for command in ("validate", "compile", "plan"):
        assert invoke([command, spec, "governance.retention=1d"]) == Exit.INVALID, command
        assert f"holds it at {lock}" in capsys.readouterr().err, command
    assert invoke(["validate", spec, "governance.retention=1d", "--format", "sarif"]) == Exit.INVALID
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    (other,) = result["relatedLocations"]
    assert other["physicalLocation"]["artifactLocation"]["uri"] == lock.rstrip("6:")


def paths(value: object, path: str = "") -> list[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(p for k, v in items for p in paths(v, f"{path}.{k}" if path else str(k)))]


def test_explain_tells_each_layers_value_and_the_lock(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.chdir(TEAM)
    spec = "churn.yaml"
    told = answer(capsys, "explain", spec, "serving.memory", "--env", "prod", "--set", "serving.memory=3 GiB")
    steps = [(step["source"], step["place"], step["value"]) for step in told["chain"]]  # type: ignore[attr-defined]
    assert steps == [
        ("profile", "mlspec:profile/minimal.yaml:5:11", "1 GiB"),
        ("profile", "platform/serving/internal.yaml:4:11", "1 GiB"),
        ("environment", "churn.yaml:7:28", "2 GiB"),
        ("override", "command line", "3 GiB"),
    ]
    told = answer(capsys, "explain", spec, "gates.0.min")
    assert told["lock"] == {"key": "gates", "owner": "profile 'acme'", "place": "platform/profile/acme.yaml:6:45"}
    assert invoke(["explain", spec, "gates.0.min"]) == Exit.DONE
    assert "final:   profile 'acme' holds gates at platform/profile/acme.yaml:6:45" in capsys.readouterr().out


def test_explain_tells_what_was_written_before_it_was_resolved_and_what_was_removed(capsys: Out) -> None:
    spec = str(TEAM / "churn.yaml")
    told = answer(capsys, "explain", spec, "notify.email.0")
    assert (told["value"], told["chain"][0]["value"]) == ("growth@example.com", "${owner}")  # type: ignore[index]
    told = answer(capsys, "explain", spec, "serving.memory", "--set", "~serving.memory")
    last = [(step["source"], step["removed"]) for step in told["chain"]][-2:]  # type: ignore[attr-defined]
    assert last == [("override", True), ("default", False)]


def test_explain_without_a_key_tells_all_of_them(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.chdir(TEAM)
    spec = "churn.yaml"
    told = answer(capsys, "explain", spec, "--env", "prod")
    keys = {one["key"]: one for one in told["keys"]}  # type: ignore[attr-defined]
    assert keys["serving.memory"]["chain"][-1]["source"] == "environment"
    assert keys["governance.retention"]["lock"]["owner"] == "profile 'acme'"
    assert keys["training.compute.max_runtime"]["meaning"]
    assert invoke(["explain", spec, "--env", "prod"]) == Exit.DONE
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["serving.memory", "2", "GiB", "environment", "churn.yaml:7:28"] in lines
    assert {line[0] for line in lines[1:-2]} == set(keys)
    assert lines[-1] == ["next:", "mlspec", "explain", spec, "serving.memory", "--env", "prod"]
