"""What is told of a folder of specs: warnings, strictly or not, a broken mlspec.toml, the bar on a terminal."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from tests.fleet.conftest import BINARY, MLSPEC, ROOT, write_spec

Out = pytest.CaptureFixture[str]
ADVISED = BINARY.replace("    left:", "    was_left: {type: bool}\n    left:")  # ML255: it could be the label itself


@pytest.fixture
def advised(folder: Path) -> Path:
    """The folder, with a warning about one of its specs."""
    write_spec(folder / "a" / "one.yaml", ADVISED, "one")
    return folder


@pytest.mark.parametrize("command", ["validate", "compile", "plan"])
def test_warnings_are_told_with_the_path_from_here_whether_cached_or_not(
    command: str, advised: Path, capsys: Out
) -> None:
    told = []
    for _ in range(2):
        assert invoke([command, str(advised)]) == Exit.DONE
        shown = capsys.readouterr()
        assert re.search(rf"ML255 warning: .*\n +{advised / 'a' / 'one.yaml'}:\d+:\d+", shown.err)
        told.append(shown.err)
    assert told[0] == told[1]


def test_strict_makes_errors_of_warnings_and_names_the_spec(advised: Path, capsys: Out) -> None:
    for _ in range(2):
        assert invoke(["validate", str(advised), "--strict"]) == Exit.INVALID
        assert "3 specs: 2 ok, 1 with errors" in capsys.readouterr().out
    assert invoke(["compile", str(advised), "--strict", "--json"]) == Exit.INVALID
    document = json.loads(capsys.readouterr().out)
    assert {one["severity"] for one in document["diagnostics"]} == {"error"}
    assert [one["result"] for one in document["specs"]] == ["1 error", "ok", "ok"]
    assert document["exit"] == Exit.INVALID


def test_what_strict_refused_is_valid_without_it(advised: Path, capsys: Out) -> None:
    assert invoke(["validate", str(advised), "--strict"]) == Exit.INVALID
    capsys.readouterr()
    assert invoke(["validate", str(advised), "--format", "json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert {one["severity"] for one in document["diagnostics"]} == {"warning"}


def test_a_broken_settings_file_is_told_once_at_its_own_place(folder: Path, capsys: Out) -> None:
    (folder / "mlspec.toml").write_text("[library]\npath = 'nowhere'\n")
    assert invoke(["validate", str(folder), "--json"]) == Exit.INVALID
    document = json.loads(capsys.readouterr().out)
    assert [(one["code"], one["file"], one["line"]) for one in document["diagnostics"]] == [
        ("ML310", str(folder / "mlspec.toml"), 2)
    ]
    assert [one["result"] for one in document["specs"]] == ["1 error"] * 3
    (folder / "mlspec.toml").write_text("[library\n")
    assert invoke(["validate", str(folder)]) == Exit.INVALID
    shown = capsys.readouterr()
    assert shown.err.count("ML310") == 1
    assert "3 specs: 3 with errors" in shown.out


def test_the_worst_of_many_results_is_the_one_exit_code(folder: Path, capsys: Out) -> None:
    (folder / "a" / "one.yaml").write_text("apiVersion: mlspec/v1\nname: [\n")
    assert invoke(["plan", str(folder), "--detailed-exitcode", "--json"]) == Exit.INVALID
    document = json.loads(capsys.readouterr().out)
    assert [one["result"] for one in document["specs"]] == ["1 error", "changes", "changes"]
    assert document["exit"] == Exit.INVALID
    (folder / "a" / "one.yaml").unlink()
    assert invoke(["plan", str(folder), "--detailed-exitcode"]) == Exit.CHANGES


def _on_a_terminal(*command: str, **environment: str) -> tuple[int, str]:
    """The exit code, and all that a terminal was sent."""
    ours, theirs = pty.openpty()
    made = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment}
    done = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=made)
    os.close(theirs)
    sent = b""
    try:
        while piece := os.read(ours, 4096):
            sent += piece
    except OSError:  # how Linux says that nobody holds the other end any more
        pass
    os.close(ours)
    return done.wait(timeout=60), sent.decode()


def test_a_terminal_sees_a_bar_that_is_gone_at_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    code, sent = _on_a_terminal(*MLSPEC, "validate", str(folder))
    assert code == Exit.DONE
    assert "━" in sent
    assert re.search(r"[0-3]/3", sent)
    assert "3 specs: 3 ok" in sent.rpartition("━")[2]
    assert "\x1b[2K" in sent[sent.rindex("━") :], "the bar's line is erased"


def test_where_nobody_wants_colour_there_is_no_bar(folder: Path) -> None:
    _, sent = _on_a_terminal(*MLSPEC, "validate", str(folder), NO_COLOR="1")
    assert "━" not in sent
    assert "3 specs: 3 ok" in sent


def test_what_to_type_next_is_told_of_a_folder(folder: Path, capsys: Out) -> None:
    def last(*words: str) -> str:
        invoke([words[0], str(folder), *words[1:], "--jobs", "1", "serving.memory=2GiB"])
        return capsys.readouterr().out.splitlines()[-1]

    first = min(folder.rglob("*.yaml"))
    assert last("validate") == f"next: mlspec plan {folder} serving.memory=2GiB"
    assert last("plan") == f"next: mlspec apply {first} serving.memory=2GiB"


def test_a_folder_of_no_repository_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    assert invoke(["validate", str(folder), "--changed-since", "main"]) == Exit.ERROR
    assert "leave --changed-since out" in capsys.readouterr().err


def test_a_clone_of_one_commit_is_told_to_fetch_the_others(folder: Path, tmp_path: Path, capsys: Out) -> None:
    git = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one"), ("commit", "-qm", "two", "--allow-empty")):
        subprocess.run([*git, *words], check=True)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", folder.as_uri(), str(clone)], check=True)
    assert invoke(["validate", str(clone), "--changed-since", "HEAD~1"]) == Exit.ERROR
    assert "git fetch --unshallow" in capsys.readouterr().err
