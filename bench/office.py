"""The people of a large city's office, and one account a role that can really sign in."""

from dataclasses import dataclass
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret

from panggon.core.cases.procedure import Role
from panggon.people import services
from panggon.people.models import Agency, Division, RoleAssignment, User

PASSWORD = "kata sandi untuk mengukur"
DIVISIONS = ("Bidang INS", "Bidang Aplikasi Informatika", "Bidang Statistik", "Bidang Komunikasi Publik")
KINDS = ("Dinas", "Badan", "Kecamatan", "Kelurahan", "Puskesmas", "UPTD", "SMP Negeri", "SD Negeri", "Bagian", "Balai")
MATTERS = ("Sosial", "Kesehatan", "Pendidikan", "Perhubungan", "Pertanian", "Perikanan", "Kebudayaan", "Pariwisata")
FIRST = ("Sri", "Agus", "Dwi", "Endah", "Bambang", "Ratna", "Wahyu", "Siti", "Budi", "Rina", "Joko", "Wulan", "Hadi")
LAST = ("Wahyuni", "Setiawan", "Nugroho", "Lestari", "Prasetyo", "Kusumawati", "Hidayat", "Rahayu", "Santoso", "Utami")


@dataclass(frozen=True)
class Office:
    """Keys of who may do what: applicants by agency, technicians by division."""

    applicants: dict[int, list[int]]
    registrars: list[int]
    head: int
    division_heads: dict[int | None, int]
    technicians: dict[int, list[int]]


def make_office(agencies: int, technicians: int) -> tuple[Office, dict[str, Any]]:
    """The office, and what its accounts sign in with."""
    divisions = [Division.objects.create(name=name) for name in DIVISIONS]
    offices = Agency.objects.bulk_create(
        Agency(
            name=f"{KINDS[number % 10]} {MATTERS[number // 10 % 8]} {number + 1}",
            short_name=f"{KINDS[number % 10].split()[0]}{number + 1}",
        )
        for number in range(agencies)
    )
    accounts = {
        "applicant": _account("pemohon", agency=offices[0]),
        "registrar": _account("tu", Role.REGISTRAR),
        "head": _account("kadis", Role.HEAD),
        "division_head": _account("kabid", Role.DIVISION_HEAD, division=divisions[0]),
        "technician": _account("teknis", Role.TECHNICIAN, division=divisions[0]),
        "administrator": _account("admin", Role.ADMINISTRATOR),
    }
    people = User.objects.bulk_create(_person(number, offices) for number in range(2 * agencies + technicians + 8))
    applicants: dict[int, list[int]] = {office.pk: [] for office in offices}
    applicants[offices[0].pk].append(accounts["applicant"].pk)
    for person in people[: 2 * agencies]:
        applicants[person.agency.pk].append(person.pk)
    officials = people[2 * agencies :]
    posts = _posts(officials, divisions, technicians)
    RoleAssignment.objects.bulk_create(posts)
    return Office(
        applicants=applicants,
        registrars=[accounts["registrar"].pk, *(post.user_id for post in posts if post.role == Role.REGISTRAR)],
        head=accounts["head"].pk,
        division_heads={
            divisions[0].pk: accounts["division_head"].pk,
            **{post.division_id: post.user_id for post in posts if post.role == Role.DIVISION_HEAD},
        },
        technicians={
            division.pk: [
                *([accounts["technician"].pk] if division is divisions[0] else []),
                *(post.user_id for post in posts if post.role == Role.TECHNICIAN and post.division_id == division.pk),
            ]
            for division in divisions
        },
    ), {role: _secrets(role, account) for role, account in accounts.items()}


def _person(number: int, offices: list[Agency]) -> User:
    name = f"{FIRST[number % 13]} {LAST[number // 13 % 10]} {number + 1}"
    agency = offices[number // 2] if number < 2 * len(offices) else None
    login = f"orang{number + 1}"
    return User(username=login, full_name=name, email=f"{login}@contoh.go.id", password="!", agency=agency)


def _posts(officials: list[User], divisions: list[Division], technicians: int) -> list[RoleAssignment]:
    registrars, heads, hands = officials[:3], officials[3:6], officials[6 : 6 + technicians]
    return [
        *(RoleAssignment(user=person, role=Role.REGISTRAR) for person in registrars),
        *(
            RoleAssignment(user=person, role=Role.DIVISION_HEAD, division=division)
            for person, division in zip(heads, divisions[1:], strict=True)
        ),
        *(
            RoleAssignment(user=person, role=Role.TECHNICIAN, division=divisions[number % len(divisions)])
            for number, person in enumerate(hands)
        ),
    ]


def _account(login: str, role: Role | None = None, **place: Any) -> User:
    user = services.create_account(
        login,
        full_name=f"{login.title()} Pengukur",
        email=f"{login}@contoh.go.id",
        password=PASSWORD,
        agency=place.get("agency"),
    )
    if role:
        services.assign_role(user, role, division=place.get("division"))
    return user


def _secrets(role: str, user: User) -> dict[str, str]:
    secret = generate_totp_secret()
    services.enrol_totp(user, secret)
    return {
        "role": role,
        "label": role,
        "login": user.username,
        "name": user.full_name,
        "password": PASSWORD,
        "totp_secret": secret,
    }
