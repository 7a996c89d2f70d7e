"""The only writers of sites and wishes. A wish is a row in the same transaction as the act that asks for it."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain, count
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from passlib.hash import sha512_crypt

from panggon.core.errors import Fault, InvalidError, PermanentError
from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SSH_KEY, SSH_KEYS_MOST, Engine, SiteSpec, SiteState, bare_keys
from panggon.people.models import Agency
from panggon.sites import selectors
from panggon.sites.models import Node, Plan, Purpose, RetiredName, Site, Wish

Values = Mapping[str, Any]
OF_ONE_KIND = ("python", "redirect", "proxy")  # members of a spec that say more of sites of that kind
CHANNEL = "panggon_wish"  # waiting polls listen to it
PASSWORD_LEAST, PASSWORD_MOST = 12, 128
_NUMBERS = 7_265_001  # the advisory lock under which a site's number is chosen


@transaction.atomic
def reserve_site(
    host: str,
    agency: Agency,
    *,
    kind: str,
    profile: str,
    database: bool,
    ssh_keys: tuple[str, ...] = (),
    at: datetime,
) -> Site:
    """Give the name and the next number to a new site. Raises `InvalidError` `label.taken`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERS])
    if selectors.is_taken(host):
        raise InvalidError((Fault("label.taken", "label", {"name": host.split(".")[0]}),))
    return Site.objects.create(
        number=_next_number(),
        host=host,
        agency=agency,
        kind=kind,
        profile=profile,
        database=database,
        ssh_keys=list(bare_keys(ssh_keys)),
        generation=0,
        reserved_at=at,
    )


def _next_number() -> int:
    """The first after all that were given that no machine has a site of its own with."""
    taken = frozenset(chain.from_iterable(Node.objects.values_list("taken_numbers", flat=True)))
    following = count(max(selectors.highest_number() + 1, settings.PANGGON_FIRST_SITE))
    return next(number for number in following if number not in taken)


def change_spec(
    site: Site,
    *,
    kind: str,
    profile: str,
    database: bool,
    engine: str = Engine.MARIADB,
    details: Values | None = None,
    plan: Plan | None = None,
) -> None:
    """What the next wish asks for: with `plan` (else the default one) as it is offered now.

    Of `details` those are replaced that depend on the kind; what else the site has stays.
    """
    site.kind, site.profile, site.database, site.engine = kind, profile, database, engine
    kept = {name: value for name, value in site.details.items() if name not in OF_ONE_KIND}
    site.details = {**kept, **(details or {})}
    site.plan = plan or selectors.default_plan()
    usual = {"php_version": selectors.available_php_version(site.php_version)}
    allowance = site.plan.allowance if site.plan else usual
    for name, value in allowance.items():
        setattr(site, name, value)
    site.save(update_fields=["kind", "profile", "database", "engine", "details", "plan", *allowance])


def wish_plan(site: Site, *, at: datetime) -> Wish:
    """Ask what would be done for the site as it is wished now."""
    return wish_anew(site, Purpose.PLAN, at=at)


def wish_apply(site: Site, *, at: datetime) -> Wish:
    """Ask to carry out the plan that was approved. Raises `PermanentError` `plan.none`."""
    plan = selectors.current_plan(site)
    if plan is None:
        raise PermanentError("plan.none", site.identifier)
    return ask_node(site, Purpose.PREPARE, at=at, approved_digest=plan.digest)


@transaction.atomic
def wish_verify(site_id: int, *, at: datetime) -> Wish | None:
    """Ask to prove the site as it stands; None while something else is asked of it, whose proofs come anyway."""
    site = Site.objects.select_for_update().get(pk=site_id)
    return None if selectors.running_wish(site) else ask_node(site, Purpose.VERIFY, at=at)


def wish_open(site: Site, *, at: datetime) -> Wish:
    """Ask to open the site to the world, and its owner's access with it. Raises `InvalidError` `site.quarantined`."""
    if site.state == SiteState.QUARANTINED:
        raise InvalidError((Fault("site.quarantined"),))
    site.state = SiteState.OPEN
    return wish_anew(site, Purpose.OPEN, at=at)


def wish_park(site: Site, *, at: datetime) -> Wish | None:
    """Ask to lock the site away; None when no node has begun anything, so that there is nothing to lock.

    A name that was never live is free again at once, another one is retired.
    """
    cancel_wishes(site, at=at)
    if site.opened_at:
        RetiredName.objects.get_or_create(host=site.host, defaults={"retired_at": at})
    site.released_at = at
    site.state = SiteState.PARKED
    site.save(update_fields=["released_at", "state"])
    begun = site.wishes.filter(taken_at__isnull=False).exclude(purpose__in=[Purpose.PLAN, Purpose.VERIFY, Purpose.LOOK])
    return wish_anew(site, Purpose.PARK, at=at) if begun.exists() else None


def wish_look(site: Site, *, at: datetime) -> Wish:
    """Ask what works, and what the machine saw of visitors and owner; it changes nothing."""
    return ask_node(site, Purpose.LOOK, at=at)


def wish_anew(site: Site, purpose: Purpose, *, at: datetime, approved_digest: str = "") -> Wish:
    """A wish that changes something: the next generation, so that a proof can tell which one answered.

    Counted in the database: the owner may have set keys since this site was read.
    """
    Site.objects.filter(pk=site.pk).update(generation=F("generation") + 1, state=site.state)
    site.refresh_from_db(fields=["generation", "ssh_keys", "password_hash", "password_fingerprint"])
    return ask_node(site, purpose, at=at, approved_digest=approved_digest)


def ask_node(
    site: Site, purpose: Purpose, *, at: datetime, approved_digest: str = "", spec: SiteSpec | None = None
) -> Wish:
    """A wish for the site as it stands in memory (or as `spec` says), of the generation that it has there."""
    wish = Wish.objects.create(
        site=site,
        purpose=purpose,
        spec=specs.dump(spec or site.spec),
        generation=site.generation,
        approved_digest=approved_digest,
        made_at=at,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])  # delivered when the transaction commits
    return wish


def cancel_wishes(site: Site, *, at: datetime) -> None:
    """Nothing more comes of what was asked. What a node has begun it may finish; its report has no effect."""
    site.wishes.filter(reported_at=None, cancelled_at=None).update(cancelled_at=at)


@transaction.atomic
def set_access(
    site_id: int,
    *,
    ssh_keys: tuple[str, ...] | None = None,
    password: str | None = None,
    new_database_password: bool = False,
    at: datetime,
) -> Wish | None:
    """The owner's keys and SFTP password (None: as they are), and whether the machine makes the database's password
    anew. The wish that carries them, once the site is open.

    The password is hashed here and forgotten; the hash is kept until the node has it, then only its fingerprint.
    Raises `InvalidError` (`access.ssh_key`, `access.password_short`, …) and `PermanentError` `access.parked`.
    """
    site = Site.objects.select_for_update().get(pk=site_id)
    if site.state in (SiteState.PARKED, SiteState.PURGED):
        raise PermanentError("access.parked", site.identifier)
    faults = access_faults(ssh_keys=ssh_keys, password=password)
    if faults:
        raise InvalidError(faults)
    if ssh_keys is not None:
        site.ssh_keys = list(bare_keys(ssh_keys))
    if password is not None:
        site.password_hash = sha512_crypt.hash(password)
        site.password_fingerprint = selectors.sha256(site.password_hash)
    if new_database_password:
        site.database_key += 1
    site.save(update_fields=["ssh_keys", "password_hash", "password_fingerprint", "database_key"])
    lets_in = site.state in (SiteState.OPEN, SiteState.SUSPENDED)
    return wish_anew(site, Purpose.ACCESS, at=at) if lets_in else None


def access_faults(*, ssh_keys: tuple[str, ...] | None, password: str | None) -> tuple[Fault, ...]:
    """What `set_access` would refuse."""
    return (*_key_faults(ssh_keys or ()), *_password_faults(password))


@transaction.atomic
def repeat(site_id: int, *, at: datetime) -> Wish | None:
    """Ask again for what failed outside of the procedure's steps; None when nothing did, or somebody asked before."""
    site = Site.objects.select_for_update().get(pk=site_id)
    failed = selectors.failed_aside(site)
    return wish_anew(site, Purpose(failed.purpose), at=at) if failed else None


# ------------------------------------------------------------------------------------------------------------------


def _key_faults(keys: tuple[str, ...]) -> list[Fault]:
    if len(keys) > SSH_KEYS_MOST:
        return [Fault("access.too_many_keys", "ssh_keys", {"most": SSH_KEYS_MOST})]
    bad = [number for number, key in enumerate(keys, 1) if not SSH_KEY.fullmatch(key)]
    return [Fault("access.ssh_key", "ssh_keys", {"number": number}) for number in bad]


def _password_faults(password: str | None) -> list[Fault]:
    if password is None or PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        return []
    code = "access.password_short" if len(password) < PASSWORD_LEAST else "access.password_long"
    return [Fault(code, "password", {"least": PASSWORD_LEAST, "most": PASSWORD_MOST})]
