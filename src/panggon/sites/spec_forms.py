"""What people choose of a site's settings, as fields; whether it can be had is judged by the spec's own rules."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault, InvalidError
from panggon.core.sites import outgoing, spec_words
from panggon.core.sites.kinds import RUNNING, Interface, SiteKind
from panggon.core.sites.limits import LIMITS, PHP_LIMITS, USUAL_PHP
from panggon.core.sites.tasks import Task
from panggon.forms import PlainForm
from panggon.sites.changing import asked_for
from panggon.sites.forms import amount
from panggon.sites.models import Site

ONE_LINE = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
LINES = {**ONE_LINE, "rows": 4}
HSTS = [(0, _("tidak")), (2_592_000, _("30 hari")), (31_536_000, _("1 tahun"))]
INTERFACES = [(Interface.WSGI.value, "WSGI (Django, Flask)"), (Interface.ASGI.value, "ASGI (FastAPI, WebSocket)")]
# Fields that only sites of some kinds have.
OF_KINDS: Mapping[str, tuple[SiteKind, ...]] = {
    "upload_mebibytes": (SiteKind.PHP, SiteKind.PYTHON, SiteKind.PROXY),
    "execution_seconds": (SiteKind.PHP,),
    "profile": (SiteKind.STATIC, SiteKind.PHP),
    "tasks": RUNNING,
    "environment": RUNNING,
    "outgoing": RUNNING,
    "entry": (SiteKind.PYTHON,),
    "interface": (SiteKind.PYTHON,),
    "target": (SiteKind.REDIRECT, SiteKind.PROXY),
    "keep_path": (SiteKind.REDIRECT,),
    "permanent": (SiteKind.REDIRECT,),
    "keep_host": (SiteKind.PROXY,),
}
# Members of the spec's document that are asked for under another name.
SHOWN_AT: Mapping[str, str] = {"python": "entry", "redirect": "target", "proxy": "target", "php": "execution_seconds"}
USUAL_SECONDS = Task("", "", ()).seconds


class SiteFields(PlainForm):
    """Each may be asked for by itself; what one of another kind holds is not looked at."""

    entry = forms.CharField(
        label=_("Aplikasi Python"),
        required=False,
        max_length=120,
        help_text=_("modul:nama di dalam folder private, misalnya situs.wsgi:application."),
        widget=forms.TextInput(attrs=ONE_LINE),
    )
    interface = forms.ChoiceField(label=_("Antarmuka aplikasi Python"), choices=INTERFACES, required=False)
    target = forms.CharField(
        label=_("Tujuan pengalihan atau proxy"),
        required=False,
        max_length=500,
        help_text=_("Proxy hanya ke server yang disebut dalam node.toml; tujuan lain ditolak oleh mesinnya."),
        widget=forms.TextInput(attrs={**ONE_LINE, "inputmode": "url"}),
    )
    keep_path = forms.BooleanField(label=_("Alamat di belakang nama situs ikut diteruskan"), required=False)
    permanent = forms.BooleanField(
        label=_("Pengalihan tetap"), required=False, help_text=_("Peramban mengingatnya dan tidak bertanya lagi.")
    )
    keep_host = forms.BooleanField(label=_("Server tujuan ditanya dengan nama situs ini"), required=False)
    upload_mebibytes = amount(LIMITS["upload_mebibytes"])
    execution_seconds = amount(PHP_LIMITS["execution_seconds"])
    tasks = forms.CharField(
        label=_("Tugas terjadwal"),
        required=False,
        help_text=_(
            "Satu baris satu tugas: nama | jadwal | berkas dan kata-katanya | detik. "
            "Misalnya: kirim-antrean | */15 * * * * | private/kirim.php --semua | 300. "
            "Jadwal menurut zona waktu di pengaturan server (tasks.zone), biasanya WIB."
        ),
        widget=forms.Textarea(attrs=LINES),
    )
    environment = forms.CharField(
        label=_("Variabel lingkungan"),
        required=False,
        help_text=_("Satu baris satu variabel: NAMA=nilai. Bukan tempat kata sandi: isinya dibaca banyak orang."),
        widget=forms.Textarea(attrs=LINES),
    )
    outgoing = forms.RegexField(
        rf"^(?:{outgoing.NAME.pattern})$",
        label=_("Sambungan keluar"),
        help_text=_("none: tidak ada; web: hanya ke situs web; atau nama aturan yang dibuat di server."),
        error_messages={"invalid": _("Hanya huruf kecil a–z, angka, dan tanda hubung.")},
        widget=forms.TextInput(attrs=ONE_LINE),
    )
    hsts_seconds = forms.TypedChoiceField(
        label=_("Peramban hanya boleh memakai HTTPS (HSTS)"), choices=HSTS, coerce=int
    )
    sends_mail = forms.BooleanField(
        label=_("Situs ini mengirim email"),
        required=False,
        help_text=_("Bila tidak, DNS menyatakan bahwa tidak ada email dari nama ini, sehingga sulit dipalsukan."),
    )


def fields_of(kind: SiteKind, *names: str) -> list[str]:
    """Of these fields the ones that a site of this kind has."""
    return [name for name in names if kind in OF_KINDS.get(name, SiteKind)]


def details_of(kind: SiteKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the spec's document that these values of fields mean; only for fields that were asked for."""
    details: dict[str, Any] = {name: values[name] for name in ("hsts_seconds", "sends_mail") if name in values}
    for name, (members, read) in _MEMBERS.items():
        if name in values and kind in OF_KINDS.get(name, SiteKind):
            details[members] = read(kind, values)
    if "target" in values and kind in OF_KINDS["target"]:
        details[kind.value] = _lead(kind, values)
    return details


def known_of(site: Site) -> dict[str, Any]:
    """The values of all fields as the site has them."""
    spec = site.spec
    shown = {"upload_mebibytes": site.upload_mebibytes, "outgoing": site.outgoing, "profile": site.profile}
    lead = spec.redirect or spec.proxy
    return {
        **shown,
        "hsts_seconds": spec.hsts_seconds,
        "sends_mail": spec.sends_mail,
        "execution_seconds": spec.php.execution_seconds,
        "tasks": "\n".join(map(_task_line, spec.tasks)),
        "environment": "\n".join(f"{name}={value}" for name, value in spec.environment),
        "entry": spec.python.entry if spec.python else "",
        "interface": spec.python.interface.value if spec.python else Interface.WSGI.value,
        "target": lead.target if lead else "",
        "keep_path": spec.redirect.keep_path if spec.redirect else True,
        "permanent": spec.redirect.permanent if spec.redirect else False,
        "keep_host": spec.proxy.keep_host if spec.proxy else True,
    }


def faults_of(site: Site, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What keeps the site from having these values, in words, by the field that it concerns."""
    try:
        asked_for(site, values).spec  # noqa: B018 (it judges what it reads)
    except InvalidError as error:
        found: dict[str, list[str]] = {}
        for fault in error.faults:
            field, words = _shown(fault)
            found.setdefault(field, []).append(words)
        return found
    return {}


# ------------------------------------------------------------------------------------------------------------------


def _shown(fault: Fault) -> tuple[str, str]:
    """The field at which a fault is shown, and its sentence; of a line among several with its number."""
    member, *below = fault.field.split(".")
    words = spec_words.sentence(fault, translated=gettext)
    if member == "tasks" and below:
        words = gettext("tugas ke-%(number)s %(words)s") % {"number": int(below[0]) + 1, "words": words}
    if member == "environment" and below:
        words = f"{'.'.join(below)} {words}"
    return SHOWN_AT.get(
        member, below[-1] if member == "limits" and below else member
    ), f"{words[:1].upper()}{words[1:]}."


def _tasks(kind: SiteKind, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_task(kind, line) for line in values["tasks"].splitlines() if line.strip()]


def _task(kind: SiteKind, line: str) -> dict[str, Any]:
    """What is not there stays empty, and is refused by the spec's rules with its own words. The program may
    stand before its file, as in a crontab.
    """
    name, schedule, command, seconds = [part.strip() for part in [*line.split("|", 3), "", "", ""][:4]]
    words = command.removeprefix(f"{kind.value} ").split()
    limit: Any = int(seconds) if seconds.isascii() and seconds.isdigit() else seconds or USUAL_SECONDS
    return {"name": name, "schedule": schedule, "command": [kind.value, *words], "seconds": limit}


def _task_line(task: Task) -> str:
    return f"{task.name} | {task.schedule} | {' '.join(task.command[1:])} | {task.seconds}"


def _environment(_kind: SiteKind, values: Mapping[str, Any]) -> dict[str, str]:
    lines = (line.partition("=") for line in values["environment"].splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _separator, value in lines}


def _python(_kind: SiteKind, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"entry": values["entry"].strip(), "interface": values["interface"] or Interface.WSGI.value}


def _php(_kind: SiteKind, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"execution_seconds": values["execution_seconds"] or USUAL_PHP.execution_seconds}


def _lead(kind: SiteKind, values: Mapping[str, Any]) -> dict[str, Any]:
    names = ("keep_path", "permanent") if kind is SiteKind.REDIRECT else ("keep_host",)
    return {"target": values["target"].strip(), **{name: values[name] for name in names}}


_MEMBERS: Mapping[str, tuple[str, Callable[[SiteKind, Mapping[str, Any]], Any]]] = {
    "tasks": ("tasks", _tasks),
    "environment": ("environment", _environment),
    "entry": ("python", _python),
    "execution_seconds": ("php", _php),
}
