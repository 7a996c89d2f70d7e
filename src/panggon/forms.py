"""What the forms of all apps share."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault


class JudgedForm(forms.Form):
    """A form whose input is judged by rules elsewhere; each app says in which words, and where it shows what.

    `shown_at`: where a page shows a fault that the rules name otherwise than its own field.
    """

    fault_words: ClassVar[Callable[[Fault], str]]
    shown_at: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Django's own word for a field is "bidang", which is a division here.
        for field in self.fields.values():
            field.error_messages["required"] = _("Wajib diisi.")

    def add_faults(self, faults: tuple[Fault, ...]) -> None:
        """Puts what the rules refused beside the fields that it concerns."""
        for fault in faults:
            field = self.shown_at.get(fault.field, fault.field)
            self.add_error(field if field in self.fields else None, type(self).fault_words(fault))
