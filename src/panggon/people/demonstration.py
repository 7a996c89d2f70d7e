"""The people of a demonstration: three agencies, one division, one account a role."""

import json
import secrets
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.db import transaction

from panggon.core.cases.vocabulary import ROLE_LABELS, Role
from panggon.people import services
from panggon.people.models import Agency, Division, User

AGENCIES = (
    ("Dinas Sosial, Pengendalian Penduduk dan Keluarga Berencana", "Dinsos"),
    ("Dinas Kesehatan", "Dinkes"),
    ("Dinas Perpustakaan dan Kearsipan", "Dinarpus"),
)
DIVISION = "Bidang INS"
# role, login, full name, NIP
PEOPLE = (
    (Role.APPLICANT, "sri", "Sri Wahyuni, S.Kom.", "199003122015032004"),
    (Role.REGISTRAR, "tu", "Endah Lestari, A.Md.", "198807202012122001"),
    (Role.HEAD, "kadis", "Drs. Bambang Prasetyo, M.Si.", "196905141994031006"),
    (Role.DIVISION_HEAD, "kabid", "Ratna Kusumawati, S.T., M.T.", "197811092005012010"),
    (Role.TECHNICIAN, "teknis", "Agus Setiawan, S.Kom.", "199205172019031007"),
    (Role.COMPLAINTS_OFFICER, "pengaduan", "Hendra Wijaya, A.Md.", "199001122014021003"),
    (Role.ADMINISTRATOR, "admin", "Dwi Nugroho, S.T.", "198502282010011015"),
)


def seed_kept_in(accounts: Path) -> None:
    """`seed`, with the accounts kept in this file (JSON): a second run gives the same. Raises OSError, ValueError."""
    known = json.loads(accounts.read_text()) if accounts.exists() else {}
    seeded = seed(known)
    accounts.touch(mode=0o600)
    accounts.write_text(json.dumps(seeded, indent=2, ensure_ascii=False))


@transaction.atomic
def seed(known: dict[str, Any]) -> dict[str, Any]:
    """The demonstration's accounts by role; those in `known` keep their password and secret."""
    agencies = [Agency.objects.get_or_create(name=name, defaults={"short_name": short})[0] for name, short in AGENCIES]
    division, _ = Division.objects.get_or_create(name=DIVISION)
    return {
        role.value: _seed_person(
            role, login, name, nip, agency=agencies[0], division=division, known=known.get(role.value)
        )
        for role, login, name, nip in PEOPLE
    }


def _seed_person(
    role: Role, login: str, name: str, nip: str, *, agency: Agency, division: Division, known: dict[str, str] | None
) -> dict[str, str]:
    secret = known or {"password": secrets.token_urlsafe(12), "totp_secret": generate_totp_secret()}
    user = User.objects.filter(username=login).first()
    if user is None:
        user = services.create_account(
            login,
            full_name=name,
            email=f"{login}@example.go.id",
            password=secret["password"],
            nip=nip,
            agency=agency if role is Role.APPLICANT else None,
            division=division if role in services.IN_A_DIVISION else None,
        )
    elif not user.check_password(secret["password"]):
        user.set_password(secret["password"])
        user.save(update_fields=["password"])
    services.enrol_totp(user, secret["totp_secret"])
    if role is not Role.APPLICANT:
        services.assign_role(user, role, division=division if role in services.IN_A_DIVISION else None)
    return {
        "role": role.value,
        "label": ROLE_LABELS[role],
        "login": login,
        "name": name,
        "password": secret["password"],
        "totp_secret": secret["totp_secret"],
    }
