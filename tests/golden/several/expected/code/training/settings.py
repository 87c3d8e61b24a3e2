"""What the training job of parcels is told, from:

- data: spec.yaml:5
- training: spec.yaml:15
- gates: spec.yaml:18
"""

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.training_settings import Part, Split, TrainingSettings

CONTRACT = Contract(
    columns=(
        Column("parcel", "string", "id"),  # spec.yaml:8
        Column("weight", "float", "feature", minimum=0.0, maximum=60.0),  # spec.yaml:9
        Column("zone", "category", "feature", values=("city", "country", "island")),  # spec.yaml:10
        Column("fragile", "bool", "feature"),  # spec.yaml:11
        Column("hours", "float", "label", minimum=0.0),  # spec.yaml:12
        Column("cents", "int", "label", minimum=0.0),  # spec.yaml:13
    ),
    unique=(),
    min_rows=1,
    max_rows=None,
    leakage=True,
)

SETTINGS = TrainingSettings(
    model="parcels",
    environment="dev",
    format="parquet",
    contract=CONTRACT,
    split=Split("random", test=Part(share=0.2), validation=Part(share=0.1)),
    estimator="sklearn.ensemble.RandomForestRegressor",
    arguments={"n_estimators": 50, "max_depth": 8},
    framework="sklearn",
    seed=7,
    window=None,
    versus=(("mae of hours", (0.95,)),),
    segments=("zone",),
    engine="auto",
    target="lambda",
)
