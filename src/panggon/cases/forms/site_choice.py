"""What kind of site the machine is to prepare: the usual choices, and what only a few kinds need."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.content.request import ENGINES, PROFILES, SITE_KINDS
from panggon.cases.forms.base import StepForm
from panggon.core.sites.kinds import SiteKind
from panggon.core.sites.spec import Engine
from panggon.sites.models import Site
from panggon.sites.spec_forms import SiteFields, details_of, faults_of, known_of

OF_ONE_KIND = ("entry", "interface", "target", "keep_path", "permanent", "keep_host")
WITHOUT_DATABASE = (SiteKind.REDIRECT, SiteKind.PROXY)


class SiteChoiceForm(SiteFields, StepForm):
    """Filled in with what the OPD asked for, or what was chosen before."""

    kind = forms.ChoiceField(label=_("Jenis situs"), choices=SITE_KINDS, required=False)
    profile = forms.ChoiceField(label=_("Cara alamat dijawab"), choices=PROFILES, required=False)
    engine = forms.ChoiceField(label=_("Basis data"), choices=ENGINES, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = {**self.initial}
        chosen = Site(number=1, host="situs.example", kind=known["kind"], details=known["details"] or {})
        shown = known_of(chosen)
        self.initial.update({name: shown[name] for name in OF_ONE_KIND})
        self.initial["engine"] = known["engine"] if known["database"] else ""
        for name in set(SiteFields.base_fields) - {*OF_ONE_KIND, "profile"}:
            del self.fields[name]

    @property
    def usual(self) -> list[forms.BoundField]:
        return [self["kind"], self["profile"], self["engine"]]

    @property
    def of_one_kind(self) -> list[forms.BoundField]:
        return [self[name] for name in OF_ONE_KIND]

    @property
    def unfolds(self) -> bool:
        """Whether what only a few kinds need is in use, or wrong."""
        kind = self["kind"].value()
        return kind in (*WITHOUT_DATABASE, SiteKind.PYTHON) or any(name in self.errors for name in OF_ONE_KIND)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("kind") and not any(name in self.errors for name in OF_ONE_KIND):
            chosen = Site(number=1, host="situs.example", kind=values["kind"])
            for name, words in faults_of(chosen, {"details": self._details()}).items():
                self.add_error(name if name in self.fields else None, words)
        return self.cleaned_data

    def site_inputs(self) -> dict[str, Any]:
        """As the case keeps them; nothing where nothing was chosen."""
        if not self.cleaned_data["kind"]:
            return {}
        kind, engine = SiteKind(self.cleaned_data["kind"]), self.cleaned_data["engine"]
        with_database = bool(engine) and kind not in WITHOUT_DATABASE
        return {
            "kind": kind.value,
            "profile": self.cleaned_data["profile"],
            "database": with_database,
            "engine": engine or Engine.MARIADB.value,
            "details": self._details(),
        }

    def _details(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in OF_ONE_KIND if name in self.cleaned_data}
        return details_of(SiteKind(self.cleaned_data["kind"]), given)
