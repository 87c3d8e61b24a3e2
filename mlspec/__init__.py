"""mlspec: one YAML spec for a model, compiled into infrastructure and the code that runs there."""

__version__ = "0.1.0"
