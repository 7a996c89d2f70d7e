"""Somebody leaves a post or the dinas."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.handover import Waiting
from panggon.people.forms import RuledForm
from panggon.people.models import User


class LeavingForm(RuledForm):
    """Why, and who takes over each post with waiting cases that nobody else has."""

    reason = forms.CharField(label=_("Alasan"), required=False, max_length=200, help_text=_("Misalnya pindah tugas."))

    def __init__(self, *args: Any, waiting: list[Waiting], candidates: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for row in waiting:
            self.fields[row.field] = forms.ModelChoiceField(
                candidates,
                label=_("Pengganti sebagai %(post)s") % {"post": row.post.title},
                help_text=_("%(count)d permohonan menunggu di jabatan ini.") % {"count": row.cases},
                required=False,
            )

    def successors(self) -> dict[str, User | None]:
        return {name: value for name, value in self.cleaned_data.items() if name.startswith("successor_")}
