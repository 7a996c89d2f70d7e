"""A site for each state of a change, and one for each state of a site."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from panggon.core.node.health import Health, Room, Server, dump
from panggon.core.node.planning import plan as plans
from panggon.core.room import GIBIBYTE
from panggon.core.sites.life import SiteAction
from panggon.sites import life
from panggon.sites.models import Node, Outcome, Site, Wish
from panggon.upkeep import requests as site_requests
from panggon.upkeep.models import Alteration
from panggon.upkeep.models import Request as AskedFor
from tests.core.node.planning.plans import FACTS, PREPARED, nothing
from tests.portal import upkeep
from tests.portal.office import LETTER, Office


def sites_after_cases(office: Office) -> dict[str, Alteration]:
    """A site for each state of a change, and one for each state of a site; of the first an OPD asks for something."""
    found = {}

    def site(name: str) -> Site:
        return upkeep.open_site(office, label=f"situs-{name}")

    first = site("usulan")
    Node.objects.update(drift=[f"{first.identifier}: nama situs {first.host} berubah (status: terbuka → tertutup)."])
    found["usulan"] = upkeep.proposed(office, first, SiteAction.SUSPEND, notice="Sedang diperbaiki sampai Jumat.")
    give_plan(found["usulan"].plan)
    for kind, letter in ((AskedFor.Kind.CHANGE, None), (AskedFor.Kind.DEACTIVATION, LETTER)):
        asked = {"kind": kind, "words": "Mohon batas unggahan dinaikkan. " * 9, "letter": letter}
        site_requests.ask(first.pk, **asked, actor=office.applicant, at=office.later())
    failed = upkeep.approved(office, upkeep.proposed(office, site("gagal"), SiteAction.CHANGE_PHP, php_version="8.4"))
    upkeep.told(office, Outcome.REFUSED, problem="node.bound")
    found["gagal"] = failed
    parked = upkeep.done(office, site("parkir"), SiteAction.DEACTIVATE, letter=LETTER).site
    Site.objects.filter(pk=parked.pk).update(released_at=office.now - timedelta(days=40))
    found["hapus"] = upkeep.proposed(office, upkeep.fresh(parked), SiteAction.PURGE, typed_name=parked.host)
    found["tangguh"] = upkeep.done(office, site("tangguh"), SiteAction.SUSPEND, notice="Sedang diperbaiki.")
    quarantined = site("karantina")
    life.quarantine(quarantined.pk, reason="Halaman judi.", actor=office.technician, at=office.later())
    upkeep.told(office, Outcome.REFUSED, problem="node.bound")
    found["bebas"] = upkeep.done(office, site("bebas"), SiteAction.CHANGE_PHP, php_version="8.4")
    came_back = found["tangguh"].site
    Site.objects.filter(pk=came_back.pk).update(behind_since=office.now)
    full = "situs menyimpan lebih banyak berkas daripada yang diizinkan paketnya, dan hanya dapat dibaca dan dihapus"
    let_the_machine_tell(office, f"{came_back.identifier}: {full}")
    return found


def let_the_machine_tell(office: Office, full: str) -> None:
    """How a machine is in which nearly everything is wrong."""
    since = (office.now - timedelta(days=9)).isoformat()
    servers = (Server("knot", running=False, since="", restarts=0), Server("nginx", True, since, 2))
    disks = (Room("/srv/panggon", 3 * GIBIBYTE, 40 * GIBIBYTE), Room("/var/lib/panggon", 30 * GIBIBYTE, 40 * GIBIBYTE))
    health = Health(servers, ("s000017",), disks, Room("", 2 * GIBIBYTE, 8 * GIBIBYTE))
    of_names = "sertifikat: situs-usulan.panggon.test berlaku sampai 2026-12-06, dan pembaruan gagal 3 kali: ditolak"
    of_web = "server web: pekerja 4711 tidak menjawab sejak 5 menit; akhiri dengan kill -9 4711"
    Node.objects.update(
        enrolled_at=office.now,
        seen_at=office.now,
        told_at=office.now,
        version="0.1.0",
        version_since=office.now - timedelta(days=20),
        health=dump(health),
        reduced=[full, of_names, of_web, "disk: ext4 tanpa prjquota", "nested-namespaces: kernel menolak"],
    )


def addresses_of_sites(office: Office) -> list[tuple[str, str, str]]:
    """View, address and kind of what one view shows of several sites."""
    changes, free = office.sites, office.sites["bebas"].site
    actions = [SiteAction.QUARANTINE, SiteAction.DEACTIVATE, SiteAction.RENAME, SiteAction.CHANGE_PLAN]
    actions += [SiteAction.CHANGE_PHP, SiteAction.CHANGE_SETTINGS]
    quarantined = Site.objects.get(host__startswith="situs-karantina").identifier
    return [
        *[("upkeep:site", f"/situs/{each.site.identifier}/", kind) for kind, each in changes.items()],
        *[("upkeep:change", f"/situs/{each.site.identifier}/perubahan/{each.pk}/", k) for k, each in changes.items()],
        *[("upkeep:propose", f"/situs/{free.identifier}/{action}/", action) for action in actions],
        ("upkeep:site", f"/situs/{quarantined}/", "karantina"),
        ("upkeep:propose", f"/situs/{quarantined}/release/", "release"),
        ("upkeep:propose", f"/situs/{changes['tangguh'].site.identifier}/resume/", "resume"),
        ("upkeep:sites", "/situs/?q=situs-&keadaan=open", "ketemu"),
    ]


def arguments_of_sites(office: Office) -> dict[str, Any]:
    asked = office.sites["usulan"].site.requests.get(kind=AskedFor.Kind.DEACTIVATION)
    of_it = {"site": asked.site.identifier, "request_key": asked.pk}
    letter = {"site": office.sites["hapus"].site.identifier}
    parked = Alteration.objects.get(action=SiteAction.DEACTIVATE)
    return {"upkeep:answer": of_it, "upkeep:letter": of_it, "upkeep:change_letter": {**letter, "change": parked.pk}}


def give_plan(wish: Wish) -> None:
    spec = replace(PREPARED, site=wish.spec["site"], host=wish.spec["host"])
    made = plans.make(spec, FACTS, nothing(spec))
    Wish.objects.filter(pk=wish.pk).update(plan=plans.dump(made))
