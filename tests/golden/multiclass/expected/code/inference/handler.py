"""The entry point of churn's inference function; a release adds the folder model/ beside this file."""

from pathlib import Path

import contract
from mlspec.runtime.serving import serve

handler = serve(contract, Path(__file__).with_name("model"))
