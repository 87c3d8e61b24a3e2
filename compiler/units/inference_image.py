"""The unit that answers predictions out of an image: the same code, with a release that is fetched when it starts."""

from dataclasses import replace

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.inference import inference_unit
from mlspec.specs.checked import Checked

_HANDLER = '''"""The entry point of {name}'s function, which fetches the release that its environment names."""

import os

import contract
from mlspec.runtime.fetched_release import fetched_release
from mlspec.runtime.serving import serve

handler = serve(contract, fetched_release(os.environ))
'''


def inference_image_unit(checked: Checked) -> Unit:
    """The inference unit, which holds no model: any engine is in it, and a release of any size may be fetched."""
    unit = inference_unit(checked)
    handler = _HANDLER.format(name=checked.spec.name).encode()
    return replace(unit, files={**unit.files, "handler.py": handler}, vendored=("fetched_release", *unit.vendored))
