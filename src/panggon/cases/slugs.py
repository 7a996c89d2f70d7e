"""Addresses of the steps: the words on the button, so that an address says what happens there."""

from django.utils.text import slugify

from panggon.core.cases.procedure import ACTION_LABELS, Action

SLUGS = {action: slugify(label.text) for action, label in ACTION_LABELS.items()}
ACTIONS = {slug: action for action, slug in SLUGS.items()}


class ActionConverter:
    """`/permohonan/<number>/<action>/`; an address that names no action does not match at all."""

    regex = "|".join(ACTIONS)

    def to_python(self, value: str) -> Action:
        return ACTIONS[value]

    def to_url(self, value: Action) -> str:
        return SLUGS[Action(value)]
