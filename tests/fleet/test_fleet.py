"""A folder of specs: all compiled, in parallel; one summary, one exit code; only what a change touches, when asked."""

import json
import subprocess
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.cli.fleet import Fleet, run_fleet
from mlspec.cli.project import Project
from mlspec.specs.diagnostics import SpecError
from tests.fleet.acts import ByBundle, Dies
from tests.fleet.conftest import BINARY, write_spec

Out = pytest.CaptureFixture[str]


def _told(folder: Path, capsys: Out, *words: str) -> dict[str, str]:
    capsys.readouterr()
    invoke([words[0] if words else "validate", str(folder), "--json", *words[1:]])
    specs = json.loads(capsys.readouterr().out)["specs"]
    return {Path(one["spec"]).name: one["result"] for one in specs}


def test_every_spec_is_compiled_once_in_the_order_of_paths(folder: Path, capsys: Out) -> None:
    assert invoke(["validate", str(folder)]) == Exit.DONE
    out = capsys.readouterr().out
    assert out.index("one.yaml") < out.index("three.yml") < out.index("two.yaml")
    assert "3 specs: 3 ok" in out
    assert "ours.yaml" not in out, "a profile is no spec"


def test_a_bundle_of_a_fleet_is_the_bundle_of_its_spec_alone(folder: Path, capsys: Out) -> None:
    outcomes = run_fleet(Fleet(folder), ByBundle())
    alone = [Project(Path(outcome.spec)) for outcome in outcomes]
    assert [outcome.digest for outcome in outcomes] == [project.digest for project in alone]
    assert all(project.cached is not None for project in alone), "the cache is shared"


def test_a_worker_that_dies_costs_its_own_spec_only(folder: Path) -> None:
    outcomes = run_fleet(Fleet(folder, workers=1), Dies("three.yml"))
    assert [outcome.result for outcome in outcomes] == ["ok", "crashed", "ok"]
    assert [diagnostic.code for diagnostic in outcomes[1].diagnostics] == ["ML822"]
    assert "exit code 9" in outcomes[1].diagnostics[0].message


def test_all_mistakes_are_told_with_their_files_and_the_worst_is_the_exit_code(folder: Path, capsys: Out) -> None:
    for name in ("a/one.yaml", "three.yml"):
        path = folder / name
        path.write_text(path.read_text().replace("  framework: sklearn", "  framewrk: sklearn"))
    assert invoke(["plan", str(folder), "--detailed-exitcode"]) == Exit.INVALID
    shown = capsys.readouterr()
    assert shown.err.count("framewrk") >= 2
    assert f"{folder / 'a' / 'one.yaml'}:" in shown.err
    assert "2 with errors" in shown.out
    assert "1 changes" in shown.out
    assert invoke(["validate", str(folder), "--format", "github"]) == Exit.INVALID
    assert f"::error file={folder / 'three.yml'},line=" in capsys.readouterr().out


def test_plan_of_a_fleet_tells_changes_by_its_exit_code(folder: Path, capsys: Out) -> None:
    assert invoke(["plan", str(folder), "--expect-no-changes"]) == Exit.UNEXPECTED_CHANGES
    assert invoke(["plan", str(folder), "--out", str(folder / "x.plan")]) == Exit.USAGE


def test_compile_writes_each_bundle_below_the_folder_named(folder: Path, tmp_path: Path, capsys: Out) -> None:
    out = tmp_path / ".built"
    assert invoke(["compile", str(folder), "--out", str(out)]) == Exit.DONE
    lock = out / "a" / "one" / "mlspec.lock"
    before = lock.stat().st_mtime_ns
    (out / "two" / "mlspec.lock").write_text("edited")
    assert invoke(["compile", str(folder), "--out", str(out)]) == Exit.DONE
    assert lock.stat().st_mtime_ns == before, "what is there already is not written again"
    assert json.loads((out / "two" / "mlspec.lock").read_bytes())["spec"]["name"] == "two"


def test_two_specs_of_one_name_are_told(folder: Path, capsys: Out) -> None:
    write_spec(folder / "zwei.yaml", BINARY, "two")
    assert invoke(["validate", str(folder)]) == Exit.INVALID
    assert "ML823" in capsys.readouterr().err


def test_a_folder_without_specs_is_a_mistake(tmp_path: Path, capsys: Out) -> None:
    assert invoke(["validate", str(tmp_path)]) != Exit.DONE
    assert "ML820" in capsys.readouterr().err


def test_a_change_of_what_a_spec_reads_is_never_answered_from_the_cache(folder: Path) -> None:
    one, two, three = (Project(folder / name).digest for name in ("a/one.yaml", "two.yaml", "three.yml"))
    (folder / "profiles" / "ours.yaml").write_text("serving: {memory: 3 GiB}\n")
    (folder / "rows" / "next.parquet").write_bytes(b"PAR1")
    assert Project(folder / "a/one.yaml").cached is None
    assert Project(folder / "a/one.yaml").digest != one
    assert Project(folder / "two.yaml").digest != two
    assert Project(folder / "three.yml").digest == three


def _git(folder: Path, *words: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "specs")
    return folder


@pytest.mark.parametrize(
    ("file", "text", "touched"),
    [
        ("a/one.yaml", BINARY.replace("name: churn", "name: uno"), {"one.yaml"}),
        ("profiles/ours.yaml", "serving: {memory: 3 GiB}\n", {"one.yaml"}),
        ("rows/next.parquet", "PAR1", {"two.yaml"}),
        ("a/profiles/ours.yaml", "serving: {memory: 4 GiB}\n", {"one.yaml"}),
        ("README.md", "words", set()),
        ("four.yaml", BINARY.replace("name: churn", "name: four"), {"four.yaml"}),
    ],
)
@pytest.mark.parametrize("cached", ["no", "before the change", "after it"])
def test_only_what_a_change_touches_is_compiled(
    repository: Path, file: str, text: str, touched: set[str], cached: str, capsys: Out
) -> None:
    if cached == "before the change":
        assert invoke(["validate", str(repository)]) == Exit.DONE
    (repository / file).parent.mkdir(exist_ok=True)
    (repository / file).write_text(text)
    if cached == "after it":
        assert invoke(["validate", str(repository)]) == Exit.DONE
    told = _told(repository, capsys, "validate", "--changed-since", "HEAD")
    assert {name for name, result in told.items() if result != "untouched"} == touched


def test_a_profile_that_is_gone_touches_the_specs_that_named_it(repository: Path, capsys: Out) -> None:
    (repository / "profiles" / "ours.yaml").unlink()
    assert _told(repository, capsys, "validate", "--changed-since", "HEAD")["one.yaml"] == "1 error"


def test_a_revision_that_is_none_is_a_mistake(repository: Path) -> None:
    with pytest.raises(SpecError, match="ML821"):
        run_fleet(Fleet(repository, since="no-such"), ByBundle())
    with pytest.raises(SpecError, match="ML821"):
        run_fleet(Fleet(repository, since="--output=x"), ByBundle())


def test_changed_since_is_for_a_folder(folder: Path) -> None:
    assert invoke(["validate", str(folder / "two.yaml"), "--changed-since", "HEAD"]) == Exit.USAGE
