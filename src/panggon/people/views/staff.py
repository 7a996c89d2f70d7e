"""The administrator's pages: the posts of the dinas, its people, and every account."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from panggon.audit.history import history
from panggon.core.vocabulary import Role
from panggon.people import selectors, services
from panggon.people.forms import ActingForm, OfficialInvitationForm, PersonForm, PostForm
from panggon.people.models import ActingOfficial, User
from panggon.people.permissions import holders
from panggon.people.views.common import handle, page_of, press, searched

PERSON_LABELS = {
    "full_name": gettext_lazy("Nama"),
    "nip": gettext_lazy("NIP"),
    "phone": gettext_lazy("Nomor HP"),
    "email": gettext_lazy("Email"),
    "open": gettext_lazy("Akun terbuka"),
    "posts": gettext_lazy("Jabatan"),
}
ACTING_LABELS = {
    "user": gettext_lazy("Pejabat sementara"),
    "kind": gettext_lazy("Jenis"),
    "role": gettext_lazy("Jabatan"),
    "division": gettext_lazy("Bidang"),
    "represented": gettext_lazy("Mewakili"),
    "order": gettext_lazy("Surat perintah"),
    "days": gettext_lazy("Masa tugas"),
    "ended_at": gettext_lazy("Diakhiri"),
}


@holders(Role.ADMINISTRATOR)
def staff(request: HttpRequest) -> HttpResponse:
    """Who holds which post, who acts in it, and everybody with an account."""
    words, now = searched(request), timezone.now()
    context = {
        "posts": selectors.posts_overview(now=now),
        "invitations": selectors.open_invitations(None, now=now),
        "page": page_of(request, selectors.people_found(words)),
        "words": words,
    }
    return render(request, "people/staff.html", context)


@holders(Role.ADMINISTRATOR)
def staff_invite(request: HttpRequest) -> HttpResponse:
    """An official of the dinas, with the post that is taken up."""

    def invite(values: dict[str, Any]) -> None:
        role = Role(values["role"]) if values["role"] else None
        services.invite_official(
            values["email"], role=role, division=values["division"], actor=request.user, at=timezone.now()
        )

    return handle(
        request,
        OfficialInvitationForm(request.POST or None),
        invite,
        done=_("Undangan dikirim."),
        to=("people:staff",),
        context={
            "heading": _("Undang pegawai dinas"),
            "note": _("Tautan berlaku satu kali selama 7 hari."),
            "submit": _("Kirim undangan"),
            "back": "people:staff",
        },
    )


@holders(Role.ADMINISTRATOR)
def person(request: HttpRequest, user: int) -> HttpResponse:
    """One account: who it is, its posts, what was changed, and what can be done."""
    row = get_object_or_404(User.objects.select_related("agency"), pk=user)
    context = {
        "person": row,
        "posts": row.role_assignments.select_related("division"),
        "acting": selectors.acting_officials().filter(user=row, ended_at=None, last_day__gte=timezone.localdate()),
        "history": history(services.user_subject(row), labels=PERSON_LABELS),
    }
    return render(request, "people/person.html", context)


@holders(Role.ADMINISTRATOR)
def person_edit(request: HttpRequest, user: int) -> HttpResponse:
    row = get_object_or_404(User, pk=user)
    known = {"full_name": row.full_name, "nip": row.nip, "phone": row.phone, "email": row.email}
    return handle(
        request,
        PersonForm(request.POST or None, initial=known),
        lambda values: services.change_person(row, values, actor=request.user, at=timezone.now()),
        done=_("Data orang disimpan."),
        to=("people:person", row.pk),
        context={
            "heading": _("Ubah %(name)s") % {"name": row.full_name},
            "submit": _("Simpan"),
            "back": "people:staff",
        },
    )


@holders(Role.ADMINISTRATOR)
def post_give(request: HttpRequest, user: int) -> HttpResponse:
    row = get_object_or_404(User, pk=user)

    def give(values: dict[str, Any]) -> None:
        services.give_post(
            row, Role(values["role"]), division=values["division"], actor=request.user, at=timezone.now()
        )

    return handle(
        request,
        PostForm(request.POST or None),
        give,
        done=_("Jabatan diberikan."),
        to=("people:person", row.pk),
        context={
            "heading": _("Beri jabatan"),
            "lead": row.full_name,
            "submit": _("Beri jabatan"),
            "back": "people:staff",
        },
    )


@holders(Role.ADMINISTRATOR)
@require_POST
def reopen(request: HttpRequest, user: int) -> HttpResponse:
    row = get_object_or_404(User, pk=user)
    return press(
        request,
        lambda: services.reopen_account(row, actor=request.user, at=timezone.now()),
        done=_("Akun dibuka kembali tanpa jabatan. Tautan untuk menetapkan kata sandi baru dikirim."),
        to=("people:person", row.pk),
    )


@holders(Role.ADMINISTRATOR)
def acting(request: HttpRequest) -> HttpResponse:
    """Every acting official that was ever named, and a new one."""
    form = ActingForm(request.POST or None, initial={"kind": "plh"})
    return handle(
        request,
        form,
        lambda _values: services.name_acting_official(**form.inputs(), actor=request.user, at=timezone.now()),
        done=_("Pejabat sementara dicatat. Log dan naskah akan menyebut keduanya."),
        to=("people:acting",),
        context={
            "page": page_of(request, selectors.acting_officials()),
            "now": timezone.now(),
            "today": timezone.localdate(),
            "history": history("people.acting:", labels=ACTING_LABELS),
        },
        template="people/acting.html",
    )


@holders(Role.ADMINISTRATOR)
@require_POST
def acting_end(request: HttpRequest, acting: int) -> HttpResponse:
    row = get_object_or_404(ActingOfficial, pk=acting)
    return press(
        request,
        lambda: services.end_acting(row, actor=request.user, at=timezone.now()),
        done=_("Masa tugas diakhiri. Jabatan kembali kepada pejabatnya."),
        to=("people:acting",),
    )
