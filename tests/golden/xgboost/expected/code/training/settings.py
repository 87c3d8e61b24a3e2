"""What the training job of churn is told, from:

- data: spec.yaml:4
- training: spec.yaml:11
- gates: spec.yaml:13
"""

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.training_settings import Part, Split, TrainingSettings

CONTRACT = Contract(
    columns=(
        Column("customer", "string", "id"),  # spec.yaml:7
        Column("plan", "category", "feature", nulls=1.0, values=("free", "team", "company")),  # spec.yaml:8
        Column("logins", "int", "feature", minimum=0.0),  # spec.yaml:9
        Column("left", "bool", "label"),  # spec.yaml:10
    ),
    unique=(),
    min_rows=1,
    max_rows=None,
    leakage=False,
)

SETTINGS = TrainingSettings(
    model="churn",
    environment="dev",
    format="parquet",
    contract=CONTRACT,
    split=Split("random", test=Part(share=0.2), validation=Part(share=0.1)),
    estimator="xgboost.XGBClassifier",
    arguments={"n_estimators": 500, "learning_rate": 0.05, "early_stopping_rounds": 20},
    framework="xgboost",
    seed=7,
    window=None,
    versus=(),
    segments=(),
    engine="auto",
    target="lambda",
)
