"""Plans: what is changed in which order, and the digest that a person approves."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given

from panggon.core.errors import InvalidError, PermanentError
from panggon.core.node.planning import plan as subject
from panggon.core.node.planning.bounds import disturbs
from panggon.core.node.planning.desired import keys
from panggon.core.node.planning.plan import Change, make
from panggon.core.node.planning.resources import Key, Kind, absent, canonical, foreign, ours, partial
from panggon.core.node.words.plan_words import differences, words
from panggon.core.sites.spec import SiteState
from tests.core.node.planning.plans import (
    FACTS,
    GONE,
    OLD,
    OPEN,
    PARKED,
    PREPARED,
    PURGED,
    QUARANTINED,
    RENAMED,
    SUSPENDED,
    TASK,
    existing,
    kinds,
    nothing,
    plain,
)
from tests.core.sites.site_specs import HOST, SITE, specs


def test_nothing_is_left_of_a_purged_site():
    assert set(plain(PURGED).values()) == {None}
    assert kinds(make(PURGED, FACTS, existing(PARKED))) == [
        "site",
        "user",
        "certificate",
        "database",
        "quota",
        "directory",
    ]


@pytest.mark.parametrize("closed", [SUSPENDED, QUARANTINED])
def test_closing_shuts_the_doors_before_it_waits_for_programs(closed):
    *_, door, runtime, database = kinds(make(closed, FACTS, existing(OPEN)))
    assert (door in ("host", "access"), runtime, database) == (True, "runtime", "database")
    opening = kinds(make(OPEN, FACTS, existing(closed)))
    assert opening.index("database") < opening.index("runtime")


def test_former_name_leads_to_the_new_one_once_that_is_there():
    plan = make(
        RENAMED,
        FACTS,
        [
            *existing(replace(OPEN, host=OLD)),
            *map(absent, [k for k in keys(RENAMED) if k.name in (HOST, GONE)]),
        ],
    )
    assert [str(change.key) for change in plan.changes] == [
        f"site:{SITE}",
        f"certificate:{HOST}",
        f"host:{HOST}",
        f"records:{HOST}",
        f"host:{OLD}",
        f"runtime:{SITE}",
    ], "programs that only start anew hold up nobody"
    assert plan.changes[-2].after == {"site": SITE, "state": "redirect"}
    assert plan.changes[0].after["names"] == (HOST, OLD)


def test_retired_name_loses_everything():
    before = replace(OPEN, former_hosts=(GONE,))
    plan = make(replace(OPEN, retired_hosts=(GONE,)), FACTS, existing(before))
    assert [(str(change.key), change.after) for change in plan.changes[1:]] == [
        (f"records:{GONE}", None),
        (f"host:{GONE}", None),
        (f"certificate:{GONE}", None),
    ]


def test_retired_name_goes_when_the_new_one_is_there_but_at_once_from_a_site_that_is_shut():
    """Nothing that fails before has taken it away."""
    new = replace(OPEN, host="baru.kota.example", retired_hosts=(HOST,), generation=5)
    seen = [*existing(OPEN), *map(absent, [key for key in keys(new) if key.name == new.host])]
    plan = make(new, FACTS, seen)
    assert [f"{change.key.kind}:{change.key.name}" for change in plan.changes] == [
        f"site:{SITE}",
        f"certificate:{new.host}",
        f"host:{new.host}",
        f"records:{new.host}",
        f"runtime:{SITE}",
        f"records:{HOST}",
        f"host:{HOST}",
        f"certificate:{HOST}",
    ]
    assert plan.before_leaving == (5, (Key(Kind.RECORDS, new.host),))
    suspended = make(replace(new, state=SiteState.SUSPENDED), FACTS, seen)
    assert suspended.changes[0].key == Key(Kind.HOST, HOST)
    first = make(OPEN, FACTS, nothing(OPEN))
    assert first.before_leaving[0] == len(first.changes)


def test_purge_leaves_a_name_to_the_site_that_has_it_now():
    others = [
        ours(Key(Kind.HOST, HOST), site="s900002", state="open"),
        ours(Key(Kind.RECORDS, HOST), site="s900002", a=(), aaaa=()),
    ]
    seen = [found for found in existing(PARKED) if found.key not in {each.key for each in others}]
    assert kinds(make(PURGED, FACTS, [*seen, *others])) == ["site", "user", "database", "quota", "directory"]


def test_creation_in_order_parking_in_reverse():
    busy = replace(OPEN, tasks=(TASK,))
    assert kinds(make(busy, FACTS, nothing(OPEN))) == [key.kind.value for key in keys(OPEN)]
    parking = make(replace(PARKED, generation=5), FACTS, existing(OPEN))
    assert kinds(parking) == ["access", "host", "user", "site", "records", "runtime", "database"]
    unchanged = [change.key.kind.value for change in parking.unchanged]
    assert unchanged == ["directory", "quota", "tasks", "certificate"]


def test_before_and_after_are_what_was_seen_and_wished():
    plan = make(OPEN, FACTS, existing(PREPARED))
    assert plan.changes[1] == Change(
        Key(Kind.HOST, HOST), {"site": SITE, "state": "prepared"}, {"site": SITE, "state": "open"}
    )
    assert plan.changes[1].inverse() == Change(plan.changes[1].key, plan.changes[1].after, plan.changes[1].before)


def test_true_is_not_one():
    seen = [
        ours(found.key, issuer="Uji CA", valid=1) if found.key.kind == "certificate" else found
        for found in existing(OPEN)
    ]
    assert kinds(make(OPEN, FACTS, seen)) == ["certificate"]


def test_everything_foreign_is_named_with_its_detail():
    seen = [
        foreign(Key(Kind.HOST, HOST), "tautan ke /var/www"),
        foreign(Key(Kind.USER, SITE), "baris di /etc/passwd"),
    ]
    seen += [found for found in nothing(OPEN) if found.key not in {each.key for each in seen}]
    with pytest.raises(PermanentError) as caught:
        make(OPEN, FACTS, seen)
    assert caught.value.code == "plan.foreign"
    named = f"user:{SITE} (baris di /etc/passwd); host:{HOST} (tautan ke /var/www)"
    assert caught.value.detail == f"sudah ada dan bukan milik situs ini, jadi tidak ada yang diubah: {named}"


@pytest.mark.parametrize("closed", [SUSPENDED, QUARANTINED, PARKED])
def test_what_others_have_keeps_no_site_open(closed):
    theirs = [
        foreign(Key(Kind.RECORDS, HOST), f"{HOST} sudah memiliki A"),
        foreign(Key(Kind.DIRECTORY, SITE), "tanpa tanda"),
        ours(Key(Kind.HOST, HOST), site="s000009", state="open"),
    ]
    seen = [found for found in existing(OPEN) if found.key not in {each.key for each in theirs}]
    plan = make(replace(closed, generation=5), FACTS, [*seen, *theirs])
    assert plan.closes
    assert {each.key for each in theirs}.isdisjoint(way.key for way in (*plan.changes, *plan.unchanged))
    assert {"site", "database"} <= set(kinds(plan))
    with pytest.raises(PermanentError, match=r"plan\.foreign"):
        make(replace(OPEN, generation=5), FACTS, [*seen, *theirs])


def test_a_name_that_was_given_up_and_has_another_site_holds_up_nothing():
    theirs = [
        ours(Key(Kind.CERTIFICATE, GONE), issuer="Uji CA", valid=True),
        ours(Key(Kind.HOST, GONE), site="s000009", state="open"),
        ours(Key(Kind.RECORDS, GONE), site="s000009", a=(), aaaa=(), safety=()),
    ]
    seen = [found for found in existing(RENAMED) if found.key.name != GONE]
    again = replace(RENAMED, generation=6)
    plan = make(again, FACTS, [*seen, *theirs])
    assert kinds(plan) == ["site", "runtime"]
    assert GONE not in {way.key.name for way in plan.unchanged}
    elsewhere = [absent(theirs[0].key), absent(theirs[1].key), foreign(theirs[2].key, "sudah memiliki A")]
    assert kinds(make(again, FACTS, [*seen, *elsewhere])) == ["site", "runtime"]


def test_a_purge_leaves_a_name_that_others_have_by_now():
    seen = [found for found in existing(PARKED) if found.key.kind is not Kind.RECORDS]
    plan = make(PURGED, FACTS, [*seen, foreign(Key(Kind.RECORDS, HOST), f"{HOST} sudah memiliki A")])
    assert "directory" in kinds(plan)
    assert Kind.RECORDS not in {way.key.kind for way in (*plan.changes, *plan.unchanged)}
    with pytest.raises(PermanentError, match=r"plan\.foreign"):
        make(OPEN, FACTS, [*seen, foreign(Key(Kind.RECORDS, HOST), f"{HOST} sudah memiliki A")])


def test_a_door_of_strangers_is_not_shut_silently():
    seen = [found for found in existing(OPEN) if found.key.kind is not Kind.USER]
    with pytest.raises(PermanentError, match=r"plan\.foreign"):
        make(QUARANTINED, FACTS, [*seen, foreign(Key(Kind.USER, SITE), "baris di /etc/passwd")])


def test_name_of_another_site_is_foreign():
    seen = [found for found in nothing(OPEN) if found.key.kind is not Kind.HOST]
    with pytest.raises(PermanentError, match=rf"host:{HOST} \(milik situs s000009\)"):
        make(OPEN, FACTS, [*seen, ours(Key(Kind.HOST, HOST), site="s000009", state="open")])


def test_half_written_belongs_to_its_journal():
    seen = [*nothing(OPEN)[1:], partial(Key(Kind.USER, SITE))]
    with pytest.raises(PermanentError, match=rf"plan\.partial: user:{SITE}$"):
        make(OPEN, FACTS, seen)


@pytest.mark.parametrize(("why", "said"), [("", ""), ("modusnya 0666", " (modusnya 0666)")])
def test_what_a_hand_has_left_half_is_mended_where_no_run_is_under_way(why, said):
    seen = [*existing(PREPARED)[1:], partial(Key(Kind.USER, SITE), why)]
    plan = make(PREPARED, FACTS, seen, mending=True)
    (change,) = plan.changes
    assert (change.key, change.before, change.mends) == (Key(Kind.USER, SITE), subject.half(why), True)
    assert words(plan) == (f"Memperbaiki pengguna Unix {SITE}, yang tidak utuh lagi{said}.",)
    assert differences(plan) == (f"pengguna Unix {SITE} tidak utuh lagi{said}.",)
    assert subject.load(json.loads(json.dumps(subject.dump(plan)))) == plan
    assert disturbs(plan)


def test_nobody_looked():
    with pytest.raises(PermanentError, match=rf"plan\.unobserved: records:{HOST}$"):
        make(OPEN, FACTS, nothing(OPEN)[:-1])


@given(specs)
def test_plan_of_what_is_applied_is_empty(spec):
    assert make(spec, FACTS, existing(spec)).changes == ()


@given(specs, specs)
def test_plan_speaks_of_every_resource_once(spec, former):
    seen = {found.key: found for found in (*nothing(spec), *existing(former))}
    plan = make(spec, FACTS, seen.values())
    assert sorted(way.key for way in (*plan.changes, *plan.unchanged)) == sorted(keys(spec))
    assert all(way.before != way.after for way in plan.changes)


def test_comments_of_keys_change_nothing():
    named = replace(OPEN, access=replace(OPEN.access, ssh_keys=tuple(f"{key} budi" for key in OPEN.access.ssh_keys)))
    assert make(named, FACTS, nothing(OPEN)).digest == make(OPEN, FACTS, nothing(OPEN)).digest


@given(specs)
def test_dump_and_load_are_inverse(spec):
    plan = make(spec, FACTS, nothing(spec))
    assert subject.load(json.loads(json.dumps(subject.dump(plan)))) == plan


def test_digest_is_stable_and_covers_what_stands_there():
    first = make(OPEN, FACTS, nothing(OPEN))
    assert first.digest == make(OPEN, FACTS, reversed(nothing(OPEN))).digest
    assert len(first.digest) == 64
    others = {
        first.digest,
        make(PREPARED, FACTS, nothing(OPEN)).digest,
        make(OPEN, FACTS, existing(OPEN)).digest,
        make(OPEN, FACTS, existing(PREPARED)).digest,
        make(OPEN, replace(FACTS, issuer="CA lain"), nothing(OPEN)).digest,
        make(replace(OPEN, generation=5), FACTS, nothing(OPEN)).digest,
    }
    assert len(others) == 6


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (lambda document: document["changes"][0]["after"].update(uid=0), "plan.digest"),
        (lambda document: document["changes"].pop(), "plan.digest"),
        (lambda document: document["spec"].update(host="lain.kota.example"), "plan.digest"),
        (lambda document: document.update(version=2), "plan.version"),
        (lambda document: document.pop("unchanged"), "plan.shape"),
        (lambda document: document["changes"][0].update(kind="firewall"), "plan.shape"),
        (lambda document: document["changes"][0]["after"].update(uid=[{}]), "plan.digest"),
        (lambda document: document["changes"][0]["after"].update(uid={}), "plan.shape"),
        (lambda document: document.update(changes=3), "plan.shape"),
        (lambda document: document["changes"][0].update(after=[]), "plan.shape"),
        (lambda document: document["changes"][0].update(before="x"), "plan.shape"),
        (lambda document: document["spec"].update(site="x"), "spec.site"),
    ],
)
def test_altered_plan_is_refused(alter, code):
    document = json.loads(json.dumps(subject.dump(make(OPEN, FACTS, nothing(OPEN)))))
    alter(document)
    with pytest.raises(InvalidError) as caught:
        subject.load(document)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_a_plan_that_an_earlier_version_made_is_still_that_plan():
    """Its spec lacks what came later, and its digest covers what it had."""
    document = json.loads(json.dumps(subject.dump(make(OPEN, FACTS, nothing(OPEN)))))
    del document["spec"]["environment"]
    covered = {name: document[name] for name in ("spec", "changes", "unchanged")}
    document["digest"] = hashlib.sha256(canonical(covered).encode()).hexdigest()
    loaded = subject.load(document)
    assert (loaded.spec, loaded.digest) == (OPEN, document["digest"])
