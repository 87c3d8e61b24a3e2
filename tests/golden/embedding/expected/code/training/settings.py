"""What the training job of listings is told, from:

- data: spec.yaml:5
- training: spec.yaml:14
- gates: spec.yaml:17
"""

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.training_settings import Fit, Part, Split, TrainingSettings

CONTRACT = Contract(
    columns=(
        Column("listing", "string", "id"),  # spec.yaml:8
        Column("area", "float", "feature", minimum=10.0, maximum=400.0),  # spec.yaml:9
        Column("rooms", "int", "feature", minimum=1.0, maximum=12.0, nulls=0.05),  # spec.yaml:10
        Column("kind", "category", "feature", values=("flat", "house", "studio")),  # spec.yaml:11
        Column("garden", "bool", "feature"),  # spec.yaml:12
        Column("rented", "bool", "label"),  # spec.yaml:13
    ),
    unique=(),
    min_rows=1,
    max_rows=None,
    leakage=False,
)

SETTINGS = TrainingSettings(
    model="listings",
    environment="dev",
    format="parquet",
    contract=CONTRACT,
    split=Split("random", test=Part(share=0.2), validation=Part(share=0.1)),
    estimator="mlspec.runtime.networks.TabularMLP",
    arguments={"hidden": (32, 8)},
    framework="torch",
    fit=Fit(epochs=10, batch_size=256, learning_rate=0.001, weight_decay=0.01, patience=10),
    seed=7,
    window=None,
    versus=(),
    segments=(),
    engine="auto",
    target="container",
    answer="embedding",
)
