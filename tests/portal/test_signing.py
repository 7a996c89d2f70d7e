"""Step 7 by every way of signing: one signed version is issued, or none, and the person is told why."""

import io
from datetime import timedelta

import pytest
from django.db import connection

from panggon.cases import signing
from panggon.cases.models import Case
from panggon.core.errors import InvalidError
from panggon.core.procedure import Action, State
from panggon.core.signing import Method
from panggon.papers import signing as papers_signing
from panggon.papers import store, validation
from panggon.papers.contents import PaperKind
from panggon.papers.models import Attempt, Paper, Signature
from panggon.papers.signers.interface import Given, Secret
from panggon.papers.signers.local import Local
from tests.papers.gateway import gateway
from tests.papers.orders import order
from tests.papers.pki import NIK, PASSPHRASE
from tests.portal.office import MINUTE
from tests.portal.signers import in_this_process, seconds_of, sign_by_gateway, sign_elsewhere, sign_locally
from tests.portal.visitor import faults, page, post, text

pytestmark = pytest.mark.usefixtures("office_time")
RIGHT = Given(Secret(PASSPHRASE))


@pytest.fixture(autouse=True)
def looked_at_here(monkeypatch):
    monkeypatch.setattr(validation, "look", in_this_process)


@pytest.fixture(scope="module")
def esign(pki, tmp_path_factory):
    with gateway(pki, tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture
def bsre(esign):
    """The gateway as it is at the beginning."""
    esign.status, esign.certificate, esign.pause, esign.moods[:] = "ISSUE", "head", 0, []
    esign.requests.clear()
    esign.signed.clear()
    return esign


def ready(office):
    """A case whose hosting document waits for the signature."""
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    return case


def sign(office, case, *, given=RIGHT, nik=NIK):
    return signing.sign(case, actor=office.head, given=given, wanted=signing.Wanted(nik=nik))


def refused(office, case, **options) -> str:
    with pytest.raises(InvalidError) as raised:
        sign(office, case, **options)
    return raised.value.faults[0].code


def document() -> Paper:
    return Paper.objects.select_related("signature").get(kind=PaperKind.HOSTING_DOCUMENT)


def nothing_is_issued(case) -> bool:
    return Case.objects.get(pk=case.pk).state == State.AWAITING_APPROVAL and not Signature.objects.exists()


def test_a_gateway_is_believed_in_nothing_and_each_refusal_is_told(office, settings, pki, bsre):
    sign_by_gateway(settings, pki, bsre, Method.BSRE_V2)
    case = ready(office)
    bsre.status = "EXPIRED"
    assert refused(office, case) == "signing.certificate_expired"
    assert not any("sign/pdf" in request for request in bsre.requests)  # the passphrase went nowhere
    bsre.status = "ISSUE"
    assert refused(office, case, nik="1" * 16) == "signing.not_registered"
    assert refused(office, case, nik="12") == "signing.nik"
    assert refused(office, case, given=Given(Secret("salah"))) == "signing.passphrase"
    for mood, code in (
        ("garbage", "garbage"),
        ("huge", "too_large"),
        ("redirect", "garbage"),
        ("failing", "gateway"),
        ("altered", "not_same"),
    ):
        bsre.moods[:] = [mood]
        assert refused(office, case) == f"signing.{code}"
    bsre.certificate = "other"
    assert refused(office, case) == "signing.other_person"
    settings.PANGGON_ESIGN_PASSWORD = "lain"
    assert refused(office, case) == "signing.credentials"
    settings.PANGGON_ESIGN_PASSWORD, settings.PANGGON_ESIGN_CA = "kata sandi gateway", ""
    bsre.requests.clear()
    assert (refused(office, case), bsre.requests) == ("signing.tls", [])
    assert nothing_is_issued(case)


@pytest.mark.parametrize("method", [Method.BSRE_V2, Method.BSRE_V1])
def test_a_gateway_signs_the_frozen_bytes(office, settings, pki, bsre, method):
    sign_by_gateway(settings, pki, bsre, method)
    case = ready(office)
    assert refused(office, case, given=Given(Secret("salah"))) == "signing.passphrase"
    assert sign(office, case).state == State.APPROVED
    paper = document()
    frozen, signed = store.get(paper.sha256), store.get(paper.issued_sha256)
    assert signed.startswith(frozen)
    assert len(signed) > len(frozen)
    assert (paper.signature.name, paper.signature.certificate, paper.signature.method) == ("Kadis", "Kadis", method)
    event = case.events.get(action=Action.APPROVE)
    assert event.data["signed_digest"] == paper.signature.sha256
    assert not Attempt.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize(
    ("method", "mood", "code", "asked"),
    [
        (Method.BSRE_V1, "broken", "", 1),  # the id came with the header: fetched at once
        (Method.BSRE_V1, "lost", "signing.timeout", 2),  # nothing came: the same bytes are signed again
        (Method.BSRE_V2, "broken", "signing.broken_off", 2),
    ],
)
def test_signed_and_lost_on_its_way_one_version_is_issued(office, settings, pki, bsre, method, mood, code, asked):
    sign_by_gateway(settings, pki, bsre, method)
    case = ready(office)
    bsre.moods[:], bsre.pause = [mood], 1.2
    if code:
        with seconds_of(settings, 1):
            assert refused(office, case) == code
        assert nothing_is_issued(case)
        sign(office, case)
    else:
        sign(office, case)
    assert Case.objects.get(pk=case.pk).state == State.APPROVED
    assert sum("sign/pdf" in request for request in bsre.requests) == asked
    assert Signature.objects.count() == 1
    assert store.get(document().issued_sha256) in bsre.signed.values()


def test_two_at_once_and_a_late_one_issue_one_version(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    wanted = signing.Wanted()
    first = signing._begin(case.pk, actor=office.head, wanted=wanted, expected_version=case.version)
    assert refused(office, case) == "signing.busy"
    office.now += timedelta(minutes=4)  # the first was killed, or hangs
    second = signing._begin(case.pk, actor=office.head, wanted=wanted, expected_version=case.version)
    accepted = [papers_signing.ask(asked, RIGHT) for asked in (first, second)]
    assert accepted[0].data != accepted[1].data
    done = [
        signing._finish(case.pk, asked, made, actor=office.head, wanted=wanted)
        for asked, made in zip((first, second), accepted, strict=True)
    ]
    assert [case.state for case in done] == [State.APPROVED, State.APPROVED]
    assert store.get(document().issued_sha256) == accepted[0].data
    assert case.events.filter(action=Action.APPROVE).count() == 1
    assert sorted(Attempt.objects.values_list("problem", flat=True)) == ["signing.abandoned", "signing.late"]


def test_what_came_between_issues_nothing(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    wanted = signing.Wanted()
    asked = signing._begin(case.pk, actor=office.head, wanted=wanted, expected_version=None)
    made = papers_signing.ask(asked, RIGHT)
    office.act(case, Action.SEND_BACK, office.head, reasons="Periksa lagi")
    with pytest.raises(InvalidError):
        signing._finish(case.pk, asked, made, actor=office.head, wanted=wanted)
    assert not Signature.objects.exists()


def test_evidence_that_is_old_is_renewed_before_it_is_signed(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    office.now += 16 * MINUTE
    assert refused(office, case) == "signing.evidence_old"
    shown = page(office, "head", case, "sahkan")
    assert "lebih tua daripada 15 menit" in text(shown)
    assert not case.site.wishes.filter(purpose="verify").exists()  # looking changes nothing
    post(office, "head", case, "bukti-baru")
    post(office, "head", case, "bukti-baru")
    assert case.site.wishes.filter(purpose="verify").count() == 1
    assert "sedang membuktikan ulang" in text(page(office, "head", case, "sahkan"))
    assert 'hx-trigger="load"' in shown.content.decode()
    office.node_reports("refused", problem="site.foreign")
    shown = page(office, "head", case, "sahkan")
    assert "belum membuktikannya" in text(shown)
    assert 'hx-trigger="load"' not in shown.content.decode()  # or the page would ask for ever
    post(office, "head", case, "bukti-baru")
    office.node_reports("verified")
    assert sign(office, case).state == State.APPROVED


def test_a_site_that_changed_is_not_approved_and_what_changed_is_said(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    post(office, "head", case, "bukti-baru")
    changed = (
        {"name": "dns.answer", "ok": True, "detail": "A 203.0.113.9"},
        {"name": "web.body", "ok": True, "detail": "200"},
    )
    office.node_reports("verified", proofs=changed)
    assert refused(office, case) == "site.changed"
    words = text(page(office, "head", case))
    assert "dns.answer: A 127.0.0.1 → A 203.0.113.9" in words


def test_a_file_signed_elsewhere_is_taken_only_if_it_is_this_document(office, settings, pki, bsre):
    sign_elsewhere(office, settings, pki)
    case = ready(office)
    got = page(office, "head", case, "naskah-untuk-ditandatangani").content
    assert got == store.get(document().sha256)
    signed = Local(pki.person("head")).sign(order(got), RIGHT)
    another = Local(pki.person("head")).sign(order(got.replace(b"/Lang (id)", b"/Lang (en)")), RIGHT)
    for data, code in (
        (got, "not_same"),
        (another, "not_same"),
        (b"", "no_file"),
        (signed[:-300] + b"x" + signed[-299:], "broken"),
    ):
        said = refused(office, case, given=Given(file=data))
        assert said in (f"signing.{code}", "signing.not_intact")
    upload = io.BytesIO(signed)
    upload.name = "ttd.pdf"
    answer = post(office, "head", case, "sahkan", file=upload)
    assert answer.status_code == 302
    assert store.get(document().issued_sha256) == signed


def test_the_passphrase_is_nowhere(office, settings, pki, bsre, caplog):
    sign_by_gateway(settings, pki, bsre, Method.BSRE_V2)
    case = ready(office)
    wrong = "Sandi Yang Keliru 5517"
    with caplog.at_level("DEBUG"):
        answer = post(office, "head", case, "sahkan", passphrase=wrong, nik=NIK, note="Setuju")
        assert faults(answer) == {
            "passphrase": ["Frasa sandi salah. Belum ada yang ditandatangani; silakan ketik lagi."]
        }
        assert wrong not in answer.content.decode()
        assert "Setuju" in answer.content.decode()
        post(office, "head", case, "sahkan", passphrase=PASSPHRASE, nik=NIK)
    assert Case.objects.get(pk=case.pk).state == State.APPROVED
    for secret in (wrong, PASSPHRASE):
        assert secret not in caplog.text
        assert not found_in_database(secret)
        assert all(
            secret.encode() not in file.read_bytes() for file in settings.PANGGON_FILES.rglob("*") if file.is_file()
        )


def found_in_database(words: str) -> list[str]:
    """The tables in which this stands, in any column of any row."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{words}%"])
            found += [table] if cursor.fetchone()[0] else []
    return found


def test_a_double_click_is_one_signature(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    values = {"passphrase": PASSPHRASE, "version": case.version}
    answers = [post(office, "head", case, "sahkan", **values) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Signature.objects.count() == 1
