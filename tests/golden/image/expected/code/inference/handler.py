"""The entry point of churn's function, which fetches the release that its environment names."""

import os

import contract
from mlspec.runtime.fetched_release import fetched_release
from mlspec.runtime.serving import serve

handler = serve(contract, fetched_release(os.environ))
