"""`${git.commit}`: the commit of the spec's repository and nothing else of git; asked only where a spec names it."""

import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.commit import commit_of
from mlspec.cli.exits import Exit
from mlspec.cli.project import Project
from mlspec.specs.diagnostics import SpecError

GOOD = (files("mlspec.specs") / "templates" / "binary.yaml").read_text(encoding="utf-8")
SPEC = GOOD.replace("Will this customer leave within the next month?", "Built from ${git.commit}.")
Out = pytest.CaptureFixture[str]


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *names, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "repository" / "spec.yaml"
    path.parent.mkdir()
    path.write_text(SPEC)
    (path.parent / ".gitignore").write_text(".mlspec/\n")
    git(path.parent, "init", "-q")
    git(path.parent, "add", ".")
    git(path.parent, "commit", "-q", "-m", "first")
    return path


def description(spec: Path) -> str:
    return Project(spec).checked.spec.description


def test_the_commit_is_in_the_spec_and_in_what_the_cache_depends_on(spec: Path) -> None:
    first = git(spec.parent, "rev-parse", "HEAD")
    assert description(spec) == f"Built from {first}."
    digest = Project(spec).digest
    assert Project(spec).cached is not None
    git(spec.parent, "commit", "-q", "--allow-empty", "-m", "second")
    assert Project(spec).cached is None
    assert Project(spec).digest != digest
    git(spec.parent, "checkout", "-q", first)
    assert Project(spec).digest == digest, "the same commit, detached: the same bytes"


def test_what_is_not_committed_is_told_and_strict_refuses_it(spec: Path, capsys: Out) -> None:
    assert invoke(["validate", str(spec), "--strict"]) == Exit.DONE, capsys.readouterr().err
    (spec.parent / ".gitignore").write_text(".mlspec/\nother\n")
    commit = git(spec.parent, "rev-parse", "HEAD")
    assert description(spec) == f"Built from {commit}-dirty."
    capsys.readouterr()
    assert invoke(["validate", str(spec)]) == Exit.DONE
    assert "ML316" in capsys.readouterr().err
    assert invoke(["validate", str(spec), "--strict"]) == Exit.INVALID


def test_no_commit_is_told_at_the_value(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    for _ in ("no repository", "no commit"):
        with pytest.raises(SpecError) as caught:
            description(path)
        (told,) = caught.value.diagnostics
        assert (told.code, str(told.span)) == ("ML315", f"{path}:7:25")
        git(tmp_path, "init", "-q")


def test_gits_own_variables_do_not_choose_the_repository(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of another repository runs with them set."""
    commit = commit_of(spec.parent)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert commit_of(spec.parent) == commit


def test_a_spec_that_names_no_commit_needs_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(GOOD)
    monkeypatch.setenv("PATH", "")
    assert Project(path).checked.commit == ""
    path.write_text(SPEC)
    with pytest.raises(SpecError) as caught:
        description(path)
    assert "git is not installed" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("name", ["branch", "tag", "dirty", "author", "date"])
def test_of_git_nothing_else_can_be_named(spec: Path, name: str) -> None:
    spec.write_text(SPEC.replace("git.commit", f"git.{name}"))
    with pytest.raises(SpecError) as caught:
        description(spec)
    (told,) = caught.value.diagnostics
    assert told.code == "ML307"
    assert "${git.commit}" in told.hint
