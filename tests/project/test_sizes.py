"""The sizes that the compiler knows are those of what packaging builds, and of the lock that ships."""

import json

import pytest

from mlspec.compiler.units.locks import unpacked_size
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.packaging import Platform
from mlspec.targets.packaging.sizes import PLATFORMS, TABLE, UNITS, digest_of_lock, size_of

SIZES = json.loads(TABLE.read_bytes())


@pytest.mark.parametrize("unit", UNITS)
def test_the_table_is_of_the_lock_that_ships(unit: str) -> None:
    assert SIZES[unit]["lock"] == digest_of_lock(unit), "the lock has changed: make sizes"


@pytest.mark.parametrize("where", PLATFORMS, ids=lambda where: where.tag)
def test_the_table_is_what_packaging_builds(where: Platform) -> None:
    try:
        built = size_of("inference", where)
    except SpecError as error:
        pytest.skip(f"the wheels are not cached and no package index answers: {error.diagnostics[0].message}")
    told = SIZES["inference"]["platforms"][f"{where.python}-{where.architecture}"]
    assert built["files"] == told["files"]
    assert built["bytecode"] == pytest.approx(told["bytecode"], rel=0.1), "another Python compiles a little differently"


def test_an_unmeasured_platform_has_the_largest_known_size() -> None:
    known = [unpacked_size("inference", where.python, where.architecture) for where in PLATFORMS]
    assert unpacked_size("inference", "3.11", "x86_64") == max(known)
