"""What the department decides about papers: how they are numbered, and how they look."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault, InvalidError
from panggon.forms import PlainForm, text_only
from panggon.office.forms import GroupForm, LetterheadForm
from panggon.office.values import NUMBER_PARTS, Numbering
from panggon.office.words import fault_words as office_words
from panggon.papers import printing
from panggon.papers.contents import TITLES, PaperKind
from panggon.papers.words import fault_words

CODE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,4}")  # Permendagri 83/2022
OWN = "code_"  # prefix of the fields of single kinds


class PrintedLetterheadForm(LetterheadForm):
    def clean_logo(self) -> bytes | None:
        """A picture that cannot be drawn would keep every paper from being made."""
        data = super().clean_logo()
        if data and not printing.is_drawable(data):
            raise forms.ValidationError(office_words(Fault("logo.broken")))
        return data


class NumberingForm(GroupForm):
    code = forms.RegexField(
        CODE,
        label=_("Kode klasifikasi"),
        max_length=20,
        help_text=_("Menurut Permendagri 83/2022, misalnya 500.12."),
        error_messages={"invalid": _("Kode klasifikasi terdiri atas angka dan titik.")},
    )
    template = forms.CharField(
        label=_("Bentuk nomor"),
        max_length=60,
        help_text=_("Memuat {kode}, {urut}, dan {tahun}, masing-masing satu kali, misalnya {kode}/{urut}/{tahun}."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, initial: dict[str, Any], **options: Any) -> None:
        codes = {f"{OWN}{kind}": code for kind, code in initial["codes"].items()}
        super().__init__(data, files, initial={**initial, **codes}, **options)
        for kind in PaperKind:
            self.fields[f"{OWN}{kind}"] = forms.RegexField(
                CODE,
                label=_("Kode untuk %(paper)s") % {"paper": TITLES[kind]},
                max_length=20,
                required=False,
                error_messages={"invalid": _("Kode klasifikasi terdiri atas angka dan titik.")},
            )

    def clean_template(self) -> str:
        template = str(self.cleaned_data["template"])
        rest = template
        for part in NUMBER_PARTS:
            if template.count(part) != 1:
                raise forms.ValidationError(_("Harus memuat %(part)s satu kali."), params={"part": part})
            rest = rest.replace(part, "")
        if "{" in rest or "}" in rest:
            raise forms.ValidationError(_("Hanya {kode}, {urut}, dan {tahun} yang dikenal."))
        return template

    @property
    def labels(self) -> dict[str, Any]:
        shown = {name: self.fields[name].label for name in ("code", "template")}
        return {**shown, "codes": _("Kode menurut jenis naskah")}

    def value(self) -> Numbering:
        values = self.cleaned_data
        codes = {kind.value: values[f"{OWN}{kind}"] for kind in PaperKind if values[f"{OWN}{kind}"]}
        return Numbering(values["code"], codes, values["template"])


class TemplateForm(PlainForm):
    """The text of a template, typed or as a file; refused with the line where it is broken."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text = forms.CharField(
        label=_("Isi templat (Typst)"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "mono tall", "spellcheck": "false", "autocapitalize": "none"}),
    )
    file = forms.FileField(
        label=_("Atau unggah berkas templat"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".typ,text/plain"}),
        help_text=_("Berkas menggantikan isi di atas."),
    )

    def __init__(self, *args: Any, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._name = name

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        try:
            values["text"] = self._given(values)
            text_only(values["text"])
            printing.check(self._name, values["text"])
        except UnicodeDecodeError:
            self.add_error("file", fault_words(Fault("template.not_text")))
        except forms.ValidationError as error:  # of a file; what was typed is checked by its field
            self.add_error("file", error)
        except InvalidError as error:
            for fault in error.faults:
                self.add_error("text", fault_words(fault))
        return values

    def _given(self, values: dict[str, Any]) -> str:
        upload = values.get("file")
        text = upload.read().decode() if upload else str(values.get("text", ""))
        plain = text.replace("\r\n", "\n").rstrip() + "\n"
        if not plain.strip():
            raise InvalidError((Fault("template.empty", "text"),))
        return plain


class BookForm(PlainForm):
    """What the address of the register says; the names are the page's words."""

    q = forms.CharField(
        label=_("Cari nomor, naskah, atau permohonan"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    kode = forms.CharField(label=_("Kode klasifikasi"), required=False, max_length=20)
    batal = forms.BooleanField(label=_("Hanya yang batal"), required=False)
    tahun = forms.IntegerField(required=False, min_value=2000, max_value=2100, widget=forms.HiddenInput)

    def meant(self, *, this_year: int) -> dict[str, Any]:
        """What cannot be meant is as if it were not asked for."""
        self.is_valid()
        values = self.cleaned_data
        return {
            "year": values.get("tahun") or this_year,
            "code": values.get("kode", ""),
            "words": values.get("q", ""),
            "only_void": values.get("batal", False),
        }


class VoidForm(PlainForm):
    reason = forms.CharField(label=_("Alasan"), max_length=200, help_text=_("Tercatat dalam buku dan pada naskahnya."))
    replaced = forms.BooleanField(
        label=_("Buat naskah penggantinya"),
        required=False,
        help_text=_(
            "Dengan nomor berikutnya, tanggal hari ini, dan data seperti sekarang. Betulkan dahulu yang salah."
        ),
    )
