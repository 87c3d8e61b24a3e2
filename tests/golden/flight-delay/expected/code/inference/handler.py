"""The entry point of flight-delay's inference function; a release adds the folder model/ beside this file."""

from os.path import dirname, join

import contract
from mlspec.runtime.serving import serve

handler = serve(contract, join(dirname(__file__), "model"))
