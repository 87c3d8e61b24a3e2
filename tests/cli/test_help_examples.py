"""The examples of every command's help, pasted: those that need no cloud are run, of the others each word is known."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import polars as pl
import pytest

from mlspec.cli.app import COMMANDS, app, invoke
from mlspec.cli.exits import Exit

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "flight-delay" / "flight-delay.yaml"
OFFLINE = ("init", "validate", "explain", "show", "schema", "fmt", "migrate", "compile", "plan", "client")
Out = pytest.CaptureFixture[str]


def command_of(name: str) -> click.Command:
    command = app.get_command(click.Context(app), name)
    assert command is not None
    return command


def examples(name: str) -> list[list[str]]:
    """The words of each line of the help that begins with `mlspec`."""
    lines = re.findall(r"^\s*mlspec (.+)$", command_of(name).help or "", re.MULTILINE)
    return [shlex.split(line.partition(" > ")[0]) for line in lines]


def every(*names: str) -> list[list[str]]:
    return [words for name in names for words in examples(name) if words[0] == name]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the examples name: a spec, a folder of specs in a repository, rows, and a library's file."""
    (tmp_path / "flight-delay.yaml").write_text(EXAMPLE.read_text())
    for place in (tmp_path / "models", tmp_path / "platform" / "profile"):
        place.mkdir(parents=True)
    (tmp_path / "models" / "flight-delay.yaml").write_text(EXAMPLE.read_text())
    (tmp_path / "platform" / "profile" / "standard.yaml").write_text("deploy: {bake: 600}\n")
    rows = pl.DataFrame({"size": [float(n % 17) for n in range(400)], "left": [n % 3 == 0 for n in range(400)]})
    rows.write_parquet(tmp_path / "rows.parquet")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "models"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_has_an_example() -> None:
    assert [name for name in COMMANDS if not examples(name)] == []


@pytest.mark.parametrize("words", every(*OFFLINE), ids=" ".join)
def test_an_example_works_when_it_is_pasted(words: list[str], folder: Path, capsys: Out) -> None:
    done = invoke(words)
    told = capsys.readouterr()
    assert done == Exit.DONE, told.err
    assert told.out.strip() or "github" in words, "of a spec that is right, there is nothing to annotate"


@pytest.mark.parametrize("words", every(*(name for name in COMMANDS if name not in OFFLINE)), ids=" ".join)
def test_every_word_of_the_other_examples_is_known(words: list[str], folder: Path, capsys: Out) -> None:
    """--help is answered only where every option before it is one."""
    assert invoke([*words, "--help"]) == Exit.DONE, capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name in OFFLINE if any("--json" in p.opts for p in command_of(name).params)])
def test_json_is_json_and_nothing_else(name: str, folder: Path, capsys: Out) -> None:
    out = ["--out", "build"] if name == "compile" else []
    assert invoke([name, "flight-delay.yaml", *out, "--json"]) == Exit.DONE, capsys.readouterr().err
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_validate_says_the_same_to_machines(form: str, folder: Path, capsys: Out) -> None:
    assert invoke(["validate", "flight-delay.yaml", "--format", form]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)
    assert invoke(["validate", "flight-delay.yaml", "nmae=x", "--format", form]) == Exit.INVALID
    assert "ML306" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["run"], ["status"], ["predict"], ["logs"], ["rollback"], ["rehearse"]], ids=" ".join
)
def test_what_is_typed_too_early_says_what_to_type_first(words: list[str], folder: Path, capsys: Out) -> None:
    more = {"predict": ["--record", "{}"], "rehearse": ["--replay", "models", "--to", "2013-06-01"]}
    done = invoke(
        [*words, "flight-delay.yaml", *more.get(words[0], []), *(["--auto-approve"] * (words[0] == "rollback"))]
    )
    told = capsys.readouterr()
    assert done == Exit.ERROR, told
    assert re.search(r"hint: .*mlspec \w+", told.err), told.err


@pytest.mark.parametrize("name", ["validate", "plan", "compile", "explain"])
def test_the_next_command_is_of_the_same_environment(name: str, folder: Path, capsys: Out) -> None:
    more = {"compile": ["--out", "build"], "explain": ["serving.memory"]}
    for environment, asked in (("prod", ["--env", "prod"]), ("dev", [])):
        assert invoke([name, "flight-delay.yaml", *more.get(name, []), *asked]) == Exit.DONE
        words = capsys.readouterr().out.splitlines()[-1].split()
        assert words[:2] == ["next:", "mlspec"] or words[:2] == ["or:", "mlspec"]
        assert ("--env" in words) == (environment == "prod")


@pytest.mark.parametrize("name", ["validate", "plan", "compile", "explain"])
def test_the_next_command_has_the_same_overrides_and_library(name: str, folder: Path, capsys: Out) -> None:
    shutil.copy("flight-delay.yaml", "two words.yaml")
    (folder / "own").mkdir()
    asked = ["--library", str(folder / "own"), *(["--set"] * (name == "explain")), "rollout.steps=[10%,100%]"]
    more = {"compile": ["--out", "build"], "explain": ["serving.memory"]}
    assert invoke([name, "two words.yaml", *more.get(name, []), *asked]) == Exit.DONE
    words = shlex.split(capsys.readouterr().out.splitlines()[-1])
    after = {"validate": "plan", "compile": "plan", "plan": "apply", "explain": "show"}[name]
    assert words == ["next:", "mlspec", after, "two words.yaml", "--library", "own", "rollout.steps=[10%,100%]"]


def test_what_show_prints_is_a_spec_that_ends_with_the_next_command(folder: Path, capsys: Out) -> None:
    assert invoke(["show", "flight-delay.yaml", "--env", "prod", "serving.timeout=9s"]) == Exit.DONE
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == "# next: mlspec plan flight-delay.yaml --env prod serving.timeout=9s"
    (folder / "shown.yaml").write_text(shown)
    assert invoke(["validate", "shown.yaml"]) == Exit.DONE, capsys.readouterr().err
    capsys.readouterr()
    assert invoke(["show", "flight-delay.yaml", "--json"]) == Exit.DONE
    json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["validate", "plan", "show", "explain"])
def test_help_says_how_an_override_is_written(name: str, capsys: Out) -> None:
    assert invoke([name, "--help"]) == Exit.DONE
    told = capsys.readouterr().out
    for word in ("OVERRIDE", "+key.path=value", "~key.path", "gates[0].min", "data.columns.sepal.length.max=9"):
        assert word in told


def test_a_sealed_plan_needs_no_more_words(folder: Path, capsys: Out) -> None:
    asked = ["--env", "prod", "--out", "flight-delay.yaml.plan", "rollout.steps=[10%,100%]"]
    assert invoke(["plan", "flight-delay.yaml", *asked]) == Exit.DONE
    assert capsys.readouterr().out.splitlines()[-1] == "next: mlspec apply flight-delay.yaml.plan"


def test_a_diagnostic_names_the_file_as_it_is_from_here(folder: Path, capsys: Out) -> None:
    spec = Path("models") / "flight-delay.yaml"
    spec.write_text(spec.read_text().replace("target: lambda", "target: lamda", 1))
    for form in ("text", "json", "sarif", "github"):
        assert invoke(["validate", str(spec), "--format", form]) == Exit.INVALID
        told = capsys.readouterr()
        assert "models/flight-delay.yaml" in told.out + told.err, form
