"""The entry point of parcels's container; the release is in /opt/ml/model."""

import sys
from os.path import abspath, dirname
from typing import TYPE_CHECKING

from mlspec.runtime.http_server import serve
from mlspec.runtime.http_settings import Application, Limits

if TYPE_CHECKING:
    from mlspec.runtime.requests import ServingContract


def load_contract() -> "ServingContract":
    """The spec's contract; imported late, by the processes that need it."""
    import contract

    return contract


APPLICATION = Application(
    model="parcels",
    contract=load_contract,
    limits=Limits(
        body=33554432,  # default
        deadline=30.0,  # default
    ),
    home=dirname(abspath(__file__)),
)

if __name__ == "__main__":
    sys.exit(serve(APPLICATION))
