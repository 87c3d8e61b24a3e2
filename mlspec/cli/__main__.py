"""`python -m mlspec.cli` is the command `mlspec`."""

from mlspec.cli.app import main

if __name__ == "__main__":
    main()
