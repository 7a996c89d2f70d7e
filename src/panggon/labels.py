"""The words of the procedure in the reader's language: what `core.cases.vocabulary` says, translated where it is shown.

Papers, the log and the API say the SK's own words in every language, and take them from `core`.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy

from panggon.core.cases import vocabulary
from panggon.core.cases.vocabulary import Action, ActionLabel, Role, State, StateLabel
from panggon.core.standards.contacts import CHANNEL_LABELS as CHANNELS
from panggon.core.standards.contacts import Channel


def _(label: str) -> Any:
    """A promise of words, which stands wherever these are asked for."""
    return gettext_lazy(label)


STATE_LABELS: Mapping[State, StateLabel] = MappingProxyType(
    {
        state: replace(label, text=_(label.text), next_words=_(label.next_words))
        for state, label in vocabulary.STATE_LABELS.items()
    }
)
ACTION_LABELS: Mapping[Action, ActionLabel] = MappingProxyType(
    {action: replace(label, text=_(label.text)) for action, label in vocabulary.ACTION_LABELS.items()}
)
ROLE_LABELS: Mapping[Role, str] = MappingProxyType({role: _(label) for role, label in vocabulary.ROLE_LABELS.items()})
CHANNEL_LABELS: Mapping[Channel, str] = MappingProxyType({channel: _(label) for channel, label in CHANNELS.items()})


def next_words(state: State) -> str:
    """What happens next, in one sentence."""
    return STATE_LABELS[state].next_words
