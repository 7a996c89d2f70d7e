"""The administrator's pages: the posts of the dinas, its people, and every account."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from panggon.audit.history import history
from panggon.core.cases.vocabulary import Role
from panggon.core.people.acting import post_title
from panggon.paging import page_of
from panggon.people import selectors, services
from panggon.people.forms import ActingForm, GivenPostForm, OfficialInvitationForm, PersonForm, TenureForm
from panggon.people.models import ActingOfficial, Division, User
from panggon.people.permissions import holders
from panggon.people.views.common import ROWS, handle, press, searched
from panggon.people.words import PERSON_LABELS

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
        "page": page_of(request, selectors.people_found(words), size=ROWS),
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
        "posts": selectors.posts_kept().filter(user=row).select_related("division"),
        "former": selectors.former_posts(row),
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
    form = GivenPostForm(request.POST or None)

    def give(values: dict[str, Any]) -> None:
        services.give_post(
            row,
            Role(values["role"]),
            division=values["division"],
            tenure=form.tenure(),
            replaces=values["replaces"],
            actor=request.user,
            at=timezone.now(),
        )

    return handle(
        request,
        form,
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
def post_tenure(request: HttpRequest, user: int, post: int) -> HttpResponse:
    """From when to when the person holds the post, and by which order."""
    row = get_object_or_404(selectors.posts_kept().select_related("user", "division"), pk=post, user=user)
    form = TenureForm(request.POST or None, initial=asdict(row.tenure))
    return handle(
        request,
        form,
        lambda _values: services.change_tenure(row, form.tenure(), actor=request.user, at=timezone.now()),
        done=_("Masa jabatan disimpan."),
        to=("people:person", user),
        context={
            "heading": _("Masa jabatan"),
            "lead": f"{row.user}, {row.title}",
            "submit": _("Simpan"),
            "back": "people:staff",
        },
    )


@holders(Role.ADMINISTRATOR)
def post_history(request: HttpRequest, division: int | None = None) -> HttpResponse:
    """Who held the post of Kepala Dinas, or of this division's Kepala Bidang, and who acted in it, and when."""
    of = get_object_or_404(Division, pk=division) if division else None
    role = Role.DIVISION_HEAD if of else Role.HEAD
    now = timezone.now()
    context = {
        "title": post_title(role, str(of or "")),
        "tenures": selectors.tenures_of(role, of),
        "held": set(selectors.posts_at(now).filter(role=role, division=of)),
        "acting": selectors.acting_officials().filter(role=role, division=of),
        "today": timezone.localdate(now),
    }
    return render(request, "people/post.html", context)


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
            "page": page_of(request, selectors.acting_officials(), size=ROWS),
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
