"""The entry point of churn's container; the release is in /opt/ml/model."""

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
    model="churn",
    contract=load_contract,
    limits=Limits(
        body=67108864,  # spec.yaml:18:16
        deadline=2.5,  # spec.yaml:19:12
    ),
    home=dirname(abspath(__file__)),
)

if __name__ == "__main__":
    sys.exit(serve(APPLICATION))
