"""What all forms of the portal have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault
from panggon.core.writing import unseen

UNSEEN = _("Ada tanda yang tidak terlihat: {characters}. Silakan ketik ulang tanpa tanda itu.")


class PlainForm(forms.Form):
    """In its own words, and for text that reads as it is kept: no marks that nobody sees, no lines in a line."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            # Django's own word for a field is "bidang", which is a division here.
            field.error_messages["required"] = _("Wajib diisi.")
            if _holds_words(field):
                has_lines = isinstance(field.widget, forms.Textarea | forms.HiddenInput)
                field.validators.append(text_only if has_lines else line_only)

    def clean(self) -> dict[str, Any]:
        return super().clean() or {}


class JudgedForm(PlainForm):
    """A form whose input is judged by rules elsewhere; each app says in which words, and where it shows what.

    `shown_at`: where a page shows a fault that the rules name otherwise than its own field.
    """

    shown_at: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @staticmethod
    @abstractmethod
    def fault_words(fault: Fault) -> str:
        """One clear sentence for people."""

    def add_faults(self, faults: tuple[Fault, ...]) -> None:
        """Puts what the rules refused beside the fields that it concerns."""
        for fault in faults:
            field = self.shown_at.get(fault.field, fault.field)
            self.add_error(field if field in self.fields else None, self.fault_words(fault))


def refuse_large(form: forms.Form, request: HttpRequest) -> None:
    """A file that was too large to be taken in (portal/uploads.py) is a fault at its field, and no empty field."""
    for name in getattr(request, "too_large", set()) & set(form.fields):
        form.errors.pop(name, None)
        form.add_error(name, _("Berkas lebih besar dari 20 MB."))


def _holds_words(field: forms.Field) -> bool:
    strange = isinstance(field, forms.UUIDField) or isinstance(field.widget, forms.PasswordInput)
    return isinstance(field, forms.CharField) and not strange


def text_only(value: str) -> None:
    _refuse(unseen(value, lines=True))


def line_only(value: str) -> None:
    _refuse(unseen(value, lines=False))


def _refuse(characters: tuple[str, ...]) -> None:
    if characters:
        raise ValidationError(str(UNSEEN).format(characters=", ".join(characters)))
