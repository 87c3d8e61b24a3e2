"""The command line: one file per command, one table of all of them in `app`."""
