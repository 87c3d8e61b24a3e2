"""The mocked cloud that behaves, and the engine that runs the emitted program on it."""
