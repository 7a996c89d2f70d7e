"""Sites in every state for the tests of plans, and a machine that has none of it or all of it."""

from dataclasses import replace
from typing import Any

from panggon.core.node.planning import plan as subject
from panggon.core.node.planning.desired import MachineFacts, desired, keys
from panggon.core.node.planning.resources import absent, ours
from panggon.core.sites.spec import Access, Engine, Limits, Profile, SiteSpec, SiteState, Task
from tests.core.sites.site_specs import HOST, SITE, ssh_key

FACTS = MachineFacts(
    uid_base=70000, ipv4=("10.0.0.2", "10.0.0.1"), ipv6=("::1",), issuer="Uji CA", root="/srv/uji", sandboxed=True
)
OPEN = SiteSpec(
    site=SITE,
    host=HOST,
    state=SiteState.OPEN,
    generation=4,
    profile=Profile.FRONT_CONTROLLER,
    database=Engine.MARIADB,
    limits=Limits(memory_mebibytes=512, processes=16, upload_mebibytes=8, database_connections=10),
    access=Access(ssh_keys=(ssh_key("a"), ssh_key("b")), password_fingerprint="sha256:one"),
    outgoing="web",
)
TASK = Task("kirim", "*/15 * * * *", ("php", "private/kirim.php", "--semua"))
PREPARED = replace(OPEN, state=SiteState.PREPARED)
PARKED = replace(OPEN, state=SiteState.PARKED)


def plain(spec: SiteSpec, facts: MachineFacts = FACTS) -> dict[str, Any]:
    return {key.kind.value: None if after is None else dict(after) for key, after in desired(spec, facts)}


def nothing(spec: SiteSpec) -> list:
    return [absent(key) for key in keys(spec)]


def existing(spec: SiteSpec) -> list:
    return [absent(key) if after is None else ours(key, **after) for key, after in desired(spec, FACTS)]


SUSPENDED = replace(OPEN, state=SiteState.SUSPENDED, notice="Isi situs sedang diperbaiki.", generation=5)
QUARANTINED = replace(OPEN, state=SiteState.QUARANTINED, generation=5)
PURGED = replace(PARKED, state=SiteState.PURGED, generation=6)
OLD, GONE = "lama.kota.example", "hilang.kota.example"
RENAMED = replace(OPEN, former_hosts=(OLD,), retired_hosts=(GONE,), generation=5)


def kinds(plan: subject.Plan) -> list[str]:
    return [change.key.kind.value for change in plan.changes]
