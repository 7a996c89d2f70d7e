"""What all groups of settings share."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from django import forms

from panggon.forms import PlainForm


class LinesField(forms.CharField):
    """Several things, one a line; the cleaned value is their tuple."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"spellcheck": "false"}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple | list) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        text = super().clean(value)
        return tuple(line.strip() for line in text.splitlines() if line.strip())


class GroupForm(PlainForm):
    """Fields carry the names of the group's; `version` is the group as the person saw it."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    uses_files = False

    @property
    def labels(self) -> Mapping[str, Any]:
        """The words of the fields, for the history."""
        return {name: field.label for name, field in self.fields.items() if name != "version"}

    @abstractmethod
    def value(self) -> Any:
        """The group as it was filled in."""

    def _inputs(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}
