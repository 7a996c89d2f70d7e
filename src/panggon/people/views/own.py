"""What people mend of their own data: the telephone number. Name, NIP and e-mail stand on papers and open the account,
so that the dinas mends these.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.audit.history import history
from panggon.people import services
from panggon.people.forms import PhoneForm
from panggon.people.permissions import signed_in
from panggon.people.views.common import handle
from panggon.people.words import PERSON_LABELS


@signed_in
def phone(request: HttpRequest) -> HttpResponse:
    user = request.user
    return handle(
        request,
        PhoneForm(request.POST or None, initial={"phone": user.phone}),
        lambda values: services.change_phone(user, values["phone"], at=timezone.now()),
        done=_("Nomor HP disimpan."),
        to=("mfa_index",),
        context={
            "heading": _("Nomor HP Anda"),
            "note": _("Dipakai bila Anda memilih kabar juga ke nomor HP, dan mengisi narahubung permohonan baru."),
            "submit": _("Simpan"),
            "back": "mfa_index",
            "back_words": _("Akun saya"),
            "history": history(services.user_subject(user), labels=PERSON_LABELS),
        },
        template="people/phone.html",
    )
