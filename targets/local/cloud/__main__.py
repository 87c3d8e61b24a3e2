"""`python -m mlspec.targets.local.cloud --directory DIR [--port N] [--idle SECONDS]`."""

import argparse
from pathlib import Path

from mlspec.targets.local.cloud.server import IDLE_SECONDS, serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlspec.targets.local.cloud")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS, help="seconds without a request until it ends")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    serve(arguments.directory.resolve(), arguments.port, idle_seconds=arguments.idle)
