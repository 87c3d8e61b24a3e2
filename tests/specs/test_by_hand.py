"""What was typed against the language by hand: pipes, devices, unseen characters, settings, deep libraries, files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.render import render_text
from tests.specs.conftest import Mistakes

ROOT = Path(__file__).parents[2]
Out = pytest.CaptureFixture[str]


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["fmt", "--check"], ["migrate", "--check"], ["show"]])
@pytest.mark.parametrize("what", ["pipe.yaml", ".", "/dev/zero"])
def test_a_pipe_or_a_device_is_not_waited_for(command: list[str], what: str, good: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "spec.yaml").write_text(good)
    done = subprocess.run(
        [sys.executable, "-m", "mlspec.cli", *command, what],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (Exit.DONE, Exit.CHANGES, Exit.INVALID, Exit.USAGE), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x1b", "\x7f", "\x9b"])
def test_what_a_terminal_would_obey_is_refused_and_never_printed(character: str, mistakes: Mistakes) -> None:
    (found,) = mistakes(f"name: a{character}b\n")
    assert (found.code, found.span and found.span.column) == ("ML111", 8)
    assert character not in render_text([found])
    quoted = mistakes(f'name: "\\u{ord(character):04x}"\n')
    assert character not in render_text(quoted)
    assert any("\\u" in render_text([one]) or "\\x" in render_text([one]) for one in quoted if one.code == "ML208")


def test_a_letter_that_only_looks_right_is_named(good: str, mistakes: Mistakes) -> None:
    found = mistakes(good.replace("training:", "tr\u0430ining:", 1))
    (told,) = [one for one in found if one.code == "ML201"]
    assert told.hint.startswith("'\u0430' is CYRILLIC SMALL LETTER A; did you mean 'training'?")


def _settings(tmp_path: Path, good: str, text: str) -> tuple[Diagnostic, ...]:
    (tmp_path / "platform").mkdir(exist_ok=True)
    (tmp_path / "spec.yaml").write_text(good)
    (tmp_path / "mlspec.toml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load_spec(tmp_path / "spec.yaml")
    return tuple(one for one in caught.value.diagnostics if one.code == "ML310")


@pytest.mark.parametrize("name", ["Library", "libary", "libraries"])
def test_a_table_that_would_be_overlooked_is_told(name: str, good: str, tmp_path: Path) -> None:
    (found,) = _settings(tmp_path, good, f'# ours\n[{name}]\npath = "platform"\nrequired = ["profile/acme"]\n')
    assert str(found.span) == "mlspec.toml:2:1"
    assert "did you mean 'library'?" in found.hint


def test_a_folder_with_too_long_a_name_is_told(good: str, tmp_path: Path) -> None:
    (found,) = _settings(tmp_path, good, f'[library]\npath = "{"a" * 100_000}"\n')
    assert "there is no folder" in found.message
    assert len(found.message) < 200


def test_settings_that_cannot_be_read_are_not_overlooked(good: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(good)
    for make in (Path.mkdir, os.mkfifo, lambda path: path.symlink_to("gone")):
        make(tmp_path / "mlspec.toml")
        with pytest.raises(SpecError) as caught:
            load_spec(tmp_path / "spec.yaml")
        assert [one.code for one in caught.value.diagnostics] == ["ML101"]
        (tmp_path / "mlspec.toml").rmdir() if make is Path.mkdir else (tmp_path / "mlspec.toml").unlink()


def test_a_library_that_cannot_be_used_is_told_once(good: str, tmp_path: Path) -> None:
    (tmp_path / "mlspec.toml").write_text('[library]\npath = "nowhere"\n')
    (tmp_path / "spec.yaml").write_text(good.replace("profile: standard", "profile: acme"))
    with pytest.raises(SpecError) as caught:
        load_spec(tmp_path / "spec.yaml")
    assert [one.code for one in caught.value.diagnostics if one.code.startswith("ML3")] == ["ML310"]


def test_files_laid_over_each_other_without_end_are_told(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    for number in range(1500):
        (tmp_path / "profiles" / f"p{number}.yaml").write_text(f"defaults: [{{profile: p{number + 1}}}]\n")
    (found,) = mistakes(good.replace("profile: standard", "profile: p0"))
    assert (found.code, str(found.span)) == ("ML303", "profiles/p23.yaml:1:22")


def test_a_file_of_a_library_that_is_none_is_not_proposed(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "profiles" / "acme.yaml").mkdir(parents=True)
    (found,) = mistakes(good.replace("profile: standard", "profile: acme"))
    assert "acme" not in found.hint


@pytest.mark.parametrize("uri", ["../out/rows.parquet", "rows.parquet", "../out", "link", "{out}/rows.parquet"])
def test_rows_outside_the_repository_are_not_read(uri: str, good: str, tmp_path: Path, capsys: Out) -> None:
    out, repository = tmp_path / "out", tmp_path / "models"
    for folder in (out, repository / ".git"):
        folder.mkdir(parents=True)
    (out / "rows.parquet").write_bytes(b"secret")
    (repository / "rows.parquet").symlink_to(out / "rows.parquet")
    (repository / "link").symlink_to(out)
    text = good.replace("s3://lake/churn/", uri.format(out=out))
    (repository / "spec.yaml").write_text(text)
    assert invoke(["validate", str(repository / "spec.yaml")]) == Exit.INVALID
    told = capsys.readouterr().err
    assert "leads out of the repository models" in told
    assert "ML402" in told
    assert "spec.yaml:13:" in told


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("rows.parquet", "has no '='"),
        ("", "has no '='"),
        ("gates=[", "is not understood at '['"),
        ("serving.memory=$(x)", "is not understood at '('"),
        ('serving.memory="1 GiB', "is not understood at '\"1 GiB'"),
        ("~", "does not begin with a key of a spec"),
    ],
)
def test_an_override_is_told_in_the_words_of_a_user(override: str, told: str, good: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(good)
    with pytest.raises(SpecError) as caught:
        load_spec(tmp_path / "spec.yaml", overrides=[override])
    (found,) = [one for one in caught.value.diagnostics if one.code == "ML305"]
    assert told in found.message


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("retention: 365d", "retention: 90 days", "write 90d; units: ms, s, m, h, d, w"),
        ("bake: 10m", "bake: 10min", "write 10m; units: ms, s, m, h, d, w"),
        ("bake: 10m", "bake: 10 parsecs", "units: ms, s, m, h, d, w"),
        ("monthly: 200 USD", "monthly: 200 dollars", "write 200 USD; units: USD, EUR"),
        ("min: 0, max: 1000, nullable: 2%", "nullable: 2 percent", "write 2%; units: %"),
        ('python: "3.12"', "python: 3.12", 'put it in quotes: "3.12"'),
        (
            "description: ",
            "description: ${data.columns.tenur.max} # ",
            "did you mean '${data.columns.tenure.max}'? write the key's whole path, as mlspec explain lists them",
        ),
        (
            "description: ",
            "description: ${serving.timeout} # ",
            "no layer sets it, and what the language has of its own is not interpolated: set it in the spec",
        ),
    ],
)
def test_a_hint_says_what_to_type(old: str, new: str, hint: str, good: str, mistakes: Mistakes) -> None:
    assert old in good
    assert hint in [one.hint for one in mistakes(good.replace(old, new, 1))]


def test_fmt_shows_the_line_of_a_mistake(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "spec.yaml").write_text("apiVersion: mlspec/v1\nname: x: y\n")
    assert invoke(["fmt", str(tmp_path / "spec.yaml")]) == Exit.INVALID
    assert "| name: x: y" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ('name: "churn\nowner: b\n', (2, 7), "a quote is not closed"),
        ("data: {columns: {a: 1\n", (2, 17), "close each [ and {"),
        ("gates: [{metric: roc_auc]\n", (2, 25), "close each [ and {"),
    ],
)
def test_what_is_not_closed_is_told(text: str, place: tuple[int, int], hint: str, mistakes: Mistakes) -> None:
    (found,) = mistakes(f"apiVersion: mlspec/v1\n{text}")
    assert found.span is not None
    assert (found.span.line, found.span.column) == place
    assert hint in found.hint


def test_what_the_cloud_refuses_of_an_override_shows_the_override(good: str, tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "spec.yaml").write_text(good)
    assert invoke(["validate", str(tmp_path / "spec.yaml"), "serving.memory=9TiB"]) == Exit.INVALID
    assert "override | serving.memory=9TiB" in capsys.readouterr().err


def test_many_lines_of_tabs_are_told_as_one(mistakes: Mistakes) -> None:
    found = mistakes("apiVersion: mlspec/v1\n" + "\tname: x\n" * 150)
    assert (len(found), {one.code for one in found}) == (100, {"ML106"})
    assert found[0].hint == "use spaces; 50 more lines begin with tabs"


def test_what_a_spec_lacks_is_not_told_at_an_overlay(good: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(good.replace("owner:", "# owner:", 1))
    with pytest.raises(SpecError) as caught:
        load_spec(tmp_path / "spec.yaml", environment="prod")
    (found,) = [one for one in caught.value.diagnostics if one.code == "ML202"]
    assert str(found.span) == "spec.yaml:1:1"
