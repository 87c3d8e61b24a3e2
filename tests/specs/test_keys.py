"""What the loader asks the models about a path is what the JSON Schema says of it."""

from collections.abc import Iterator

from mlspec.specs.keys import is_closed, kinds_at, known_keys
from mlspec.specs.schema import keys_at, schemas_at

COMPOSED = ("defaults", "environments")


def _paths(path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of the schema, one item of each list, one name of each free mapping."""
    below = [key for key in keys_at(path) if path or key not in COMPOSED]
    for part in [*below, "0", "name"]:
        if schemas_at((*path, part)):
            yield (*path, part)
            yield from _paths((*path, part))


def test_models_and_schema_know_the_same_keys() -> None:
    paths = list(_paths())
    assert len(paths) > 80
    for path in paths:
        assert kinds_at(path), path
        assert set(known_keys(path)) == set(keys_at(path)), path
        assert is_closed(path) == all(one.get("additionalProperties") is not True for one in schemas_at(path)), path
        assert not kinds_at((*path, "nothing")) or schemas_at((*path, "nothing")), path


def test_the_top_of_a_file_has_composition_s_keys_and_no_environment() -> None:
    assert set(known_keys(())) == set(keys_at(()))
    assert not kinds_at(("environment",))
