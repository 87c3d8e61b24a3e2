"""One file for each thing that runs: the files it ships, generated from the spec."""
