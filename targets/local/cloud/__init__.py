"""The mocked cloud: moto, and what moto only records made to happen."""
