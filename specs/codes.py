"""The stable code of every mistake this part of the compiler can find, with the one sentence that documents it."""

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        # YAML
        "ML101": "The file cannot be read as UTF-8 text.",
        "ML102": "The file is too large to be a spec.",
        "ML103": "The text is not YAML.",
        "ML104": "A key is given twice in one mapping.",
        "ML105": "A value carries a tag.",
        "ML106": "A line is indented with tabs.",
        "ML107": "Values are nested too deeply.",
        "ML108": "There are too many values, aliases expanded.",
        "ML109": "A merge key is used.",
        "ML110": "The file does not hold exactly one mapping.",
        "ML111": "The text holds a control character.",
        "ML112": "A key is not a plain word.",
        "ML113": "An alias names no anchor, or the value it stands in.",
        # The language
        "ML201": "A key is not known.",
        "ML202": "A key is missing.",
        "ML203": "A value is not one of those allowed.",
        "ML204": "A gate compares with something that is not a champion.",
        "ML205": "A value is of the wrong kind.",
        "ML206": "A quantity is not understood.",
        "ML207": "A value is out of range.",
        "ML208": "A text does not have the form asked for.",
        "ML209": "The keys of a block do not fit together.",
        "ML220": "There is not exactly one label.",
        "ML221": "There is more than one time column.",
        "ML222": "Something goes by time, and there is no time column.",
        "ML223": "The label's type cannot be learned.",
        "ML224": "A metric does not fit the task.",
        "ML225": "Segments need a category column.",
        "ML226": "A monitored column is not a feature.",
        "ML227": "A selection of columns is not understood.",
        "ML228": "A retraining waits for a signal that nothing watches.",
        "ML229": "The steps of a rollout do not rise to 100%.",
        "ML230": "A column is not declared.",
        "ML231": "The estimator is not known, or does not fit the task.",
        "ML232": "The name is too long for AWS.",
        "ML233": "A signal is watched twice.",
        "ML234": "A rollback waits for a signal that nothing watches.",
        "ML235": "A tuning needs exactly one aim.",
        "ML236": "A key of a gate has no effect.",
        "ML237": "There is nothing to learn from.",
        "ML238": "Personal data would become a feature by accident.",
        "ML239": "An approval is for an environment that is not known.",
        "ML240": "The splits leave nothing to train on.",
        # Composition
        "ML301": "A profile is not known.",
        "ML302": "The defaults list is not understood.",
        "ML303": "Profiles include each other in a circle.",
        "ML304": "The environment is not known.",
        "ML305": "An override is not understood.",
        "ML306": "An override does not fit the spec.",
        "ML307": "An interpolation is not allowed.",
        "ML308": "An interpolation leads nowhere, or in a circle.",
        "ML309": "A value is still to be filled in.",
    }
)
