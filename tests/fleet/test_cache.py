"""The cache of bundles: as honest as a fresh run, shared by runs at once, bounded, and no loss when it is damaged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.cli.project import Project
from tests.fleet.conftest import BINARY, MLSPEC, ROOT, process, write_spec

Out = pytest.CaptureFixture[str]
ADVISED = BINARY.replace("    left:", "    was_left: {type: bool}\n    left:")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_a_cached_validate_says_what_a_fresh_one_says(form: str, folder: Path, capsys: Out) -> None:
    spec = folder / "advised.yaml"
    write_spec(spec, ADVISED, "advised")
    words = ["validate", str(spec), "--format", form]
    assert invoke(words) == Exit.DONE
    fresh = capsys.readouterr()
    assert "ML255" in fresh.err + fresh.out
    assert Project(spec).cached is not None
    assert invoke(words) == Exit.DONE
    assert capsys.readouterr() == fresh
    assert invoke([*words, "--strict"]) == Exit.INVALID


def test_a_cached_validate_imports_nothing_that_checks(folder: Path) -> None:
    spec = str(folder / "three.yml")
    assert invoke(["validate", spec]) == Exit.DONE
    heavy = "{'pydantic', 'yaml', 'omegaconf', 'mlspec.specs.load', 'mlspec.targets.aws.compile'}"
    validate = f"from mlspec.cli.app import invoke; invoke(['validate', {spec!r}])"
    program = f"import sys; {validate}; print(sys.modules.keys() & {heavy})"
    assert process(sys.executable, "-c", program).stdout.rstrip().endswith("set()")


def test_what_a_cached_spec_reads_is_looked_at_each_time(folder: Path, capsys: Out) -> None:
    spec, profile = folder / "a" / "one.yaml", folder / "profiles" / "ours.yaml"
    assert invoke(["validate", str(spec)]) == Exit.DONE
    profile.write_text("serving: {memry: 2 GiB}\n")
    assert invoke(["validate", str(spec)]) == Exit.INVALID
    assert "memry" in capsys.readouterr().err
    profile.unlink()
    assert invoke(["validate", str(spec)]) == Exit.INVALID
    (folder / "a" / "profiles").mkdir()
    (folder / "a" / "profiles" / "ours.yaml").write_text("serving: {memory: 4 GiB}\n")
    assert invoke(["validate", str(spec)]) == Exit.DONE


def _entries(spec: Path) -> list[Path]:
    return [path for path in (Project(spec).home / "cache").rglob("*") if path.is_file()]


def test_the_last_bundles_of_a_spec_are_kept_and_no_more(folder: Path) -> None:
    spec = folder / "three.yml"
    digests = []
    for number in range(12):
        write_spec(spec, f"{BINARY}# {number}\n", f"model-{number}")
        digests.append(Project(spec).digest)
    assert len(set(digests)) == 12
    assert len(_entries(spec)) == 8
    assert Project(spec).cached is not None


def test_specs_of_one_file_name_do_not_evict_each_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSPEC_HOME", str(folder / "home"))
    specs = [folder / f"model-{number}" / "spec.yaml" for number in range(12)]
    for spec in specs:
        write_spec(spec, BINARY, spec.parent.name)
        assert Project(spec).digest
    assert all(Project(spec).cached is not None for spec in specs)


def test_an_entry_evicted_after_it_was_found_is_compiled_again(folder: Path) -> None:
    project = Project(folder / "three.yml")
    digest = project.bundle.digest
    again = Project(folder / "three.yml")
    assert again.cached is not None
    again.cached.file.unlink()
    assert again.bundle.digest == digest


def test_a_damaged_entry_is_never_served(folder: Path) -> None:
    spec = folder / "three.yml"
    files = Project(spec).bundle.files
    (entry,) = _entries(spec)
    held = entry.read_bytes()
    for damaged in (
        held[:-1],
        held[: len(held) // 2],
        b"",
        held[:-20] + bytes(20),
        held.replace(b'"digest": "', b'"digest": "0'),
    ):
        entry.write_bytes(damaged)
        assert Project(spec).bundle.files == files


def test_fleets_at_once_over_one_cache_agree(folder: Path, tmp_path: Path) -> None:
    home = {**os.environ, "MLSPEC_HOME": str(folder / ".home")}
    running = [
        subprocess.Popen(
            [*MLSPEC, "compile", str(folder), "--json", "--out", str(tmp_path / f".out{number}")],
            cwd=ROOT,
            env=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    told = [run.communicate(timeout=120) for run in running]
    assert [run.returncode for run in running] == [Exit.DONE] * 3, told
    assert len({json.dumps([one["digest"] for one in json.loads(out)["specs"]]) for out, _ in told}) == 1
    assert not list((folder / ".home").rglob("*.[0-9]*")), "no partial file is left"


def test_a_cache_that_cannot_be_written_costs_time_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("MLSPEC_HOME", str(folder / "file"))
    assert invoke(["validate", str(folder)]) == Exit.DONE
