"""Visits to open sites: how many in a time, what counts as none, and what the portal is told of them."""

import dataclasses
import threading
from collections import Counter
from datetime import UTC, datetime

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.journal import Word
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import SiteState
from panggon.drivers.nginx.visit import Visited
from panggon.engine.patience import Patience, Policy
from panggon.node import runs, wiring
from panggon.node.agent import filled, looking, loop, unread, visiting
from panggon.node.agent.client import Portal
from panggon.node.agent.filled import Filled
from panggon.node.agent.looking import FirstLogins
from panggon.node.agent.visiting import (
    AGAIN_SECONDS,
    COUNT_EVERY,
    PASS_SECONDS,
    ROWS_MOST,
    TURN_SECONDS,
    VISIT_SECONDS,
    Visits,
)
from tests.node import portal as portals
from tests.node.bench import Bench
from tests.node.portal import TOKEN
from tests.node.simulated import SITE, SPEC, document, opened
from tests.waiting import until

CERTIFICATE_UNTIL = datetime(2027, 2, 27, 5, 0, tzinfo=UTC)
OTHER = dataclasses.replace(SPEC, site="s900002", host="lain.kota.example")


class Strangers:
    """Visitors who get what the test says: an answer, or the error by which this machine could not ask."""

    def __init__(self):
        self.found = {}
        self.asked = Counter()
        self.woken = Counter()
        self.bytes = 5 * 1024**2 + 1
        self.full = set()

    def visited(self, spec, *, wakes=False):
        self.asked[spec.site] += 1
        self.woken[spec.site] += wakes
        found = self.found.get(spec.site, True)
        found = found.pop(0) if isinstance(found, list) else found
        if isinstance(found, Exception):
            raise found
        return Visited(found, CERTIFICATE_UNTIL if found else None)

    def used(self, _spec):
        return self.bytes

    def is_full(self, spec):
        return spec.site in self.full


@pytest.fixture
def bench(tmp_path):
    with portals.running() as portal:
        found = Bench(tmp_path, portal)
        for spec in (opened(), opened(OTHER)):
            runs.apply(found.sites, found.sites.plan(spec))
        yield found


@pytest.fixture
def visits(bench):
    bench.clock = 0.0
    portal = Portal(bench.portal.url, token=TOKEN)
    return Visits(bench.sites, portal, Strangers(), sleep=bench.slept.append, clock=lambda: bench.clock)


def told(bench):
    return [(row["site"], row["answered"]) for rows in bench.portal.visits for row in rows]


def test_each_open_site_once_in_a_pass_however_long_the_turns_are(bench, visits):
    for _ in range(120):
        visits.turn(elapsed=PASS_SECONDS / 40)
    assert visits.outside.asked == {SITE: 3, "s900002": 3}
    visits.turn(elapsed=PASS_SECONDS * 50)
    assert visits.outside.asked.total() == 8, "a machine that slept makes up for nothing"


def test_many_sites_cost_no_more_than_some(bench, visits, monkeypatch):
    names = [f"s{number:06}" for number in range(1, 5001)]
    monkeypatch.setattr(type(bench.sites.recorded), "known", lambda _: names)
    due = [len(list(visits._due(TURN_SECONDS))) for _ in range(120)]
    assert max(due) <= 1 + TURN_SECONDS / VISIT_SECONDS
    assert sum(due) == pytest.approx(PASS_SECONDS / VISIT_SECONDS, abs=1)


def test_programs_that_sleep_are_woken_once_a_day(bench, visits):
    for hour in range(73):
        bench.clock = hour * PASS_SECONDS
        visits.turn(elapsed=PASS_SECONDS)
    assert visits.outside.asked == {SITE: 73, "s900002": 73}
    assert visits.outside.woken == {SITE: 3, "s900002": 3}


def test_what_is_not_open_or_is_worked_on_is_not_visited(bench, visits):
    bench.ask(document(dataclasses.replace(opened(), state=SiteState.SUSPENDED, generation=3, notice="Diperbaiki.")))
    bench.killed(1, document(dataclasses.replace(opened(OTHER), generation=3)))
    visits.turn(elapsed=PASS_SECONDS)
    assert visits.outside.asked == {}
    assert not visits.waiting


def test_a_site_whose_closing_was_left_half_way_is_not_visited(bench, visits, monkeypatch):
    """Its doors are shut although what was applied last is open; once that is again, it is visited as before."""
    once = Patience(attempts=1, first=0, longest=0)
    monkeypatch.setattr(runs, "USUAL", Policy(once, once, once))
    link = Key(Kind.HOST, SPEC.host)
    bench.machine.unproven = {link}
    bench.ask(document(dataclasses.replace(opened(), state=SiteState.QUARANTINED, generation=3)))
    for generation in (4, 5, 6):  # tried in vain, as often as somebody likes
        bench.ask(document(dataclasses.replace(opened(), generation=generation)))
        assert bench.sites.position(SITE).outcome.word is Word.RESTORED
    assert bench.sites.applied(SITE).state is SiteState.OPEN
    visits.turn(elapsed=PASS_SECONDS)
    assert visits.outside.asked == {"s900002": 1}
    bench.machine.unproven = set()
    assert bench.ask(document(dataclasses.replace(opened(), generation=7)))["outcome"] == "applied"
    visits.turn(elapsed=PASS_SECONDS)
    assert visits.outside.asked[SITE] == 1


def test_who_is_silent_is_asked_again_and_only_then_counted(bench, visits):
    visits.outside.found = {SITE: [False, True], "s900002": [False, False]}
    visits.turn(elapsed=PASS_SECONDS)
    visits.tell()
    assert sorted(told(bench)) == [(SITE, True), ("s900002", False)]
    assert bench.slept == [AGAIN_SECONDS]


def test_a_visit_that_this_machine_could_not_make_is_none(bench, visits):
    visits.outside.found = {SITE: TemporaryError("visit.unable", "no file descriptor"), "s900002": OSError("disk full")}
    visits.turn(elapsed=PASS_SECONDS)
    visits.tell()
    assert told(bench) == []


def test_a_site_that_is_changed_meanwhile_is_not_counted(bench, visits):
    def changed(spec, *, wakes):
        if spec.site == SITE and not bench.slept:
            bench.ask(document(dataclasses.replace(spec, generation=spec.generation + 1)))
        return Visited(spec.site != SITE)

    visits.outside.visited = changed
    visits.turn(elapsed=PASS_SECONDS)
    assert [visit.site for visit in visits.waiting] == ["s900002"]


def test_what_the_portal_was_not_told_is_told_later(bench, visits):
    visits.turn(elapsed=PASS_SECONDS)
    bench.portal.refusing = 503
    with pytest.raises(TemporaryError, match=r"portal\.down"):
        visits.tell()
    visits.turn(elapsed=PASS_SECONDS)
    bench.portal.refusing = 0
    visits.tell()
    assert Counter(told(bench)) == {(SITE, True): 2, ("s900002", True): 2}
    bench.portal.refusing = 400
    visits.turn(elapsed=PASS_SECONDS)
    visits.tell()
    assert not visits.waiting, "what it will never take is lost, so that it is told the rest"


def test_a_row_a_visit_with_what_the_site_stores(bench, visits):
    visits.turn(elapsed=PASS_SECONDS)
    one = visits.waiting[0]
    visits.waiting.extend([one] * ROWS_MOST)
    visits.tell()
    assert [len(rows) for rows in bench.portal.visits] == [ROWS_MOST, 2]
    row = {"site": one.site, "at": one.at.isoformat(), "answered": True, "mebibytes": 5}
    assert bench.portal.visits[0][0] == {**row, "certificate_until": "2027-02-27T05:00:00+00:00"}


def test_of_a_site_that_shows_no_certificate_that_holds_none_is_told(bench, visits):
    visits.outside.found = {SITE: False}
    visits.turn(elapsed=PASS_SECONDS)
    visits.tell()
    ends = {row["site"]: row["certificate_until"] for rows in bench.portal.visits for row in rows}
    assert ends == {SITE: None, "s900002": "2027-02-27T05:00:00+00:00"}


def test_where_nobody_keeps_count_files_are_counted_once_a_day(bench, visits):
    visits.outside.bytes = None
    public = bench.settings.paths.root / "sites" / SITE / "public"
    public.mkdir(parents=True)
    (public / "isi").write_bytes(bytes(3 * 1024**2))
    for at in (0.0, 3600.0, COUNT_EVERY):
        bench.clock = at
        visits.turn(elapsed=PASS_SECONDS)
    assert [visit.mebibytes for visit in visits.waiting if visit.site == SITE] == [3, None, 3]


def test_who_is_full_is_told_until_there_is_room(bench, visits):
    """Looked at again in each turn, not once in a pass: somebody makes room and waits."""
    settings = bench.settings
    note = settings.paths.root / "sites" / SITE / "logs" / "PENUH.txt"
    note.parent.mkdir(parents=True)
    visits.outside.full = {SITE}
    visits.turn(elapsed=PASS_SECONDS)
    assert "tidak dapat menyimpan apa pun lagi" in note.read_text()
    assert (filled.known(settings), tuple(Filled(settings, visits.outside.is_full))) == ((SITE,), (SITE,))
    visits.outside.full = set()
    visits.turn(elapsed=0.0)
    assert (note.exists(), filled.known(settings)) == (False, ())


def test_who_is_closed_is_full_no_more(bench, visits):
    """Nor has it a note when it is open again, with room by then."""
    logs = bench.settings.paths.root / "sites" / SITE / "logs"
    logs.mkdir(parents=True)
    visits.outside.full = {SITE}
    visits.turn(elapsed=PASS_SECONDS)
    assert [path.name for path in logs.iterdir()] == ["PENUH.txt"]
    runs.apply(bench.sites, bench.sites.plan(dataclasses.replace(opened(), state=SiteState.SUSPENDED, generation=3)))
    visits.turn(elapsed=0.0)
    assert (filled.known(bench.settings), list(logs.iterdir())) == ((), [])


def test_an_owner_reads_what_of_his_htaccess_has_no_effect_until_it_is_gone(bench, visits, monkeypatch):
    """Looked at every six hours; what cannot be read costs nobody a visit."""
    place = bench.settings.paths.root / "sites" / SITE
    note, rules = place / "logs" / "HTACCESS.txt", place / "public" / b"rahasia\xff".decode(errors="surrogateescape")
    note.parent.mkdir(parents=True)
    rules.mkdir(parents=True)
    (rules / ".htaccess").write_text("Deny from all\n" * (unread.LINES_MOST + 7))
    visits.turn(elapsed=PASS_SECONDS)
    told = note.read_text().splitlines()
    line = "/rahasia?/.htaccess baris 1: Deny – TIDAK melindungi apa pun; pindahkan berkas ke folder private"
    assert (told[2], told[-1], len(told)) == (line, "dan 7 lagi", 2 + unread.LINES_MOST + 1)
    assert note.stat().st_mode & 0o777 == 0o640
    (rules / ".htaccess").unlink()
    for hours, there in ((5, True), (7, False)):
        bench.clock = hours * 3600.0
        visits.turn(elapsed=PASS_SECONDS)
        assert note.exists() is there
    monkeypatch.setattr(type(bench.sites), "unread", _no_room)
    bench.clock = 14 * 3600.0
    visits.waiting.clear()
    visits.turn(elapsed=PASS_SECONDS)
    assert len(visits.waiting) == 2


def test_what_cannot_be_forgotten_now_costs_nobody_a_visit(bench, visits, monkeypatch):
    (bench.settings.paths.root / "sites" / SITE / "logs").mkdir(parents=True)
    visits.outside.full = {SITE}
    visits.turn(elapsed=PASS_SECONDS)
    runs.apply(bench.sites, bench.sites.plan(dataclasses.replace(opened(), state=SiteState.SUSPENDED, generation=3)))
    visits.waiting.clear()
    with monkeypatch.context() as full_disk:
        full_disk.setattr(filled.records, "save", _no_room)
        visits.turn(elapsed=PASS_SECONDS)
    assert [visit.site for visit in visits.waiting] == ["s900002"]
    visits.turn(elapsed=0.0)
    assert filled.known(bench.settings) == ()


def _no_room(*_):
    raise TemporaryError("disk.full")


def test_what_cannot_be_asked_or_written_down_is_found_the_next_time(bench, visits):
    visits.outside.full = {SITE}
    visits.turn(elapsed=PASS_SECONDS)
    assert filled.known(bench.settings) == (), "there is no folder for the note"
    (bench.settings.paths.root / "sites" / SITE / "logs").mkdir(parents=True)
    visits.turn(elapsed=PASS_SECONDS)
    assert filled.known(bench.settings) == (SITE,)


@pytest.mark.parametrize(
    ("awake", "wakes", "asked"),
    [(True, False, True), (False, False, False), (False, True, True), (TemporaryError("runtime.holder"), False, True)],
)
def test_programs_are_asked_when_they_run_are_to_be_woken_or_nobody_can_tell(awake, wakes, asked):
    """Without the holder of the sockets no visitor gets to them: that is no visit that could not be made."""

    class Programs(Strangers):
        def is_awake(self, _site):
            if isinstance(awake, Exception):
                raise awake
            return awake

        def answers(self, spec):
            return self.visited(spec).answered

    site, programs = Strangers(), Programs()
    programs.found = {SITE: False}
    outside = wiring.Outside(site, programs, None)
    found = outside.visited(opened(), wakes=wakes)
    assert found == Visited(not asked, CERTIFICATE_UNTIL)
    assert (site.asked.total(), programs.asked.total()) == (1, int(asked))


def test_what_one_site_makes_of_its_answer_costs_no_other_its_visit(bench, visits):
    visits.outside.found = {SITE: RecursionError("deep")}
    visits.turn(elapsed=PASS_SECONDS)
    visits.tell()
    assert told(bench) == [("s900002", True)]


class Over(BaseException):
    """Ends what goes on for ever."""


@pytest.mark.parametrize("error", [TypeError("odd"), OSError(24, "Too many open files"), TemporaryError("portal.down")])
@pytest.mark.parametrize(("watcher", "does"), [(Visits, "turn"), (FirstLogins, "tell")])
def test_what_is_watched_beside_the_wishes_goes_on_whatever_one_turn_meets(bench, monkeypatch, watcher, does, error):
    turns = []

    def turn(_self, **_elapsed):
        turns.append(does)
        if len(turns) == 1:
            raise error
        if len(turns) == 3:
            raise Over

    portal = Portal(bench.portal.url, token=TOKEN)
    monkeypatch.setattr(looking.time, "sleep", bench.slept.append)
    monkeypatch.setattr(watcher, does, turn)
    watched = FirstLogins(bench.settings, portal)
    if watcher is Visits:
        watched = Visits(bench.sites, portal, Strangers(), sleep=bench.slept.append)
    with pytest.raises(Over):
        watched.watch()
    assert len(turns) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_agent_visits_beside_its_wishes(bench, monkeypatch):
    class Once(Strangers):
        def visited(self, spec, *, wakes):
            if self.asked.total() == 2:
                raise SystemExit  # of the thread
            return super().visited(spec, wakes=wakes)

    monkeypatch.setattr(visiting, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(visiting, "PASS_SECONDS", 0.01)
    monkeypatch.setattr(loop.wiring.Outside, "of", lambda _config: Once())
    running = threading.Thread(target=pytest.raises, args=(PermanentError, bench.agent().run))
    running.start()
    until(lambda: len(told(bench)) == 2)
    bench.portal.refusing = 401
    running.join(60)
    assert Counter(told(bench)) == {(SITE, True): 1, ("s900002", True): 1}
