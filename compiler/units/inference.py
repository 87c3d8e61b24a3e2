"""The unit that answers predictions: a short entry point, and a module specialised for the spec's contract."""

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.inference_contract import contract_source
from mlspec.compiler.units.locks import locked_requirements
from mlspec.specs.checked import Checked

_HANDLER = '''"""The entry point of {name}'s inference function; a release adds the folder model/ beside this file."""

from os.path import dirname, join

import contract
from mlspec.runtime.serving import serve

handler = serve(contract, join(dirname(__file__), "model"))
'''


def inference_unit(checked: Checked) -> Unit:
    """The Lambda function `handler.handler`; until a release adds its model it answers that there is none."""
    return Unit(
        name="inference",
        files={
            "handler.py": _HANDLER.format(name=checked.spec.name).encode(),
            "contract.py": contract_source(checked).encode(),
        },
        vendored=("serving",),
        requirements=locked_requirements("inference"),
        python=checked.spec.serving.python,
        architecture=checked.spec.serving.architecture,
        platform="lambda",
    )
