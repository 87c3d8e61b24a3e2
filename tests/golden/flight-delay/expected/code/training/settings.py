"""What the training job of flight-delay is told, from:

- data: flight-delay.yaml:11
- training: flight-delay.yaml:34
- gates: flight-delay.yaml:41
"""

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.training_settings import Part, Split, TrainingSettings

CONTRACT = Contract(
    columns=(
        Column("flight_id", "string", "id"),  # flight-delay.yaml:15
        Column("time_hour", "datetime", "time"),  # flight-delay.yaml:16
        Column("hour", "int", "feature", minimum=0.0, maximum=23.0),  # flight-delay.yaml:17
        Column("weekday", "int", "feature", minimum=1.0, maximum=7.0),  # flight-delay.yaml:18
        Column("carrier", "category", "feature", values=(  # flight-delay.yaml:19
                "9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX",
                "WN", "YV",
        )),
        Column("origin", "category", "feature", values=("EWR", "JFK", "LGA")),  # flight-delay.yaml:20
        Column("distance", "float", "feature", minimum=0.0, maximum=6000.0),  # flight-delay.yaml:21
        Column("temp", "float", "feature", minimum=-60.0, maximum=130.0, nulls=0.05),  # flight-delay.yaml:22
        Column("dewp", "float", "feature", minimum=-80.0, maximum=100.0, nulls=0.05),  # flight-delay.yaml:23
        Column("humid", "float", "feature", minimum=0.0, maximum=100.0, nulls=0.05),  # flight-delay.yaml:24
        Column("wind_speed", "float", "feature", minimum=0.0, maximum=200.0, nulls=0.05),  # flight-delay.yaml:25
        Column("precip", "float", "feature", minimum=0.0, maximum=20.0, nulls=0.05),  # flight-delay.yaml:26
        Column("pressure", "float", "feature", minimum=800.0, maximum=1100.0, nulls=0.3),  # flight-delay.yaml:27
        Column("visib", "float", "feature", minimum=0.0, maximum=10.0, nulls=0.05),  # flight-delay.yaml:28
        Column("late", "bool", "label"),  # flight-delay.yaml:30
    ),
    unique=(("flight_id",),),
    min_rows=10000,
    max_rows=None,
    leakage=True,
)

SETTINGS = TrainingSettings(
    model="flight-delay",
    environment="dev",
    format="parquet",
    contract=CONTRACT,
    split=Split("time", test=Part(milliseconds=1296000000), validation=Part(share=0.0)),
    estimator="sklearn.ensemble.HistGradientBoostingClassifier",
    arguments={"max_iter": 200, "learning_rate": 0.06},
    framework="sklearn",
    seed=7,
    window=11664000000,
    versus=(("roc_auc", (0.95,)),),
    segments=("carrier",),
    engine="auto",
    target="lambda",
)
