"""The entry point of flight-delay's inference function; a release adds the folder model/ beside this file."""

import sys
from os.path import dirname, join
from types import ModuleType

# The parts of msgspec for what no request has: without them a start takes a twentieth less.
for _part in ("inspect", "msgpack", "toml", "yaml"):
    sys.modules.setdefault(f"msgspec.{_part}", ModuleType(_part))

import contract  # noqa: E402
from mlspec.runtime.serving import serve  # noqa: E402

handler = serve(contract, join(dirname(__file__), "model"))
