"""The code that runs in the cloud; it imports nothing else of mlspec and ships alone."""
