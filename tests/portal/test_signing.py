"""Step 7 by every way of signing: one signed version is issued, or none, and the person is told why."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from panggon.cases import jobs, signing
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError
from panggon.core.papers.signing import GATEWAYS, Method
from panggon.office.values import Group
from panggon.papers import signing as papers_signing
from panggon.papers import store, verification
from panggon.papers.contents import SIGNED_TOGETHER, PaperKind
from panggon.papers.models import Attempt, Paper, Signature
from panggon.papers.signers import gateway as signers_gateway
from panggon.papers.signers.interface import Given, Secret
from panggon.papers.signers.local import Local
from panggon.sites.models import Node, Outcome
from tests.papers.gateway import Gateway, picture
from tests.papers.orders import order
from tests.papers.pki import NIK, PASSPHRASE
from tests.portal.office import MINUTE, fill_in
from tests.portal.signers import ready, seconds_of, sign_by_gateway, sign_elsewhere, sign_locally
from tests.portal.visitor import faults, page, post, text
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("office_time", "looked_at_here")
RIGHT = Given(Secret(PASSPHRASE))


def sitting(office, *, given=RIGHT, nik=NIK):
    """All papers with the same passphrase, or each with its file."""
    each = given if isinstance(given, dict) else dict.fromkeys(SIGNED_TOGETHER, given)
    return signing.Sitting(office.head, each, signing.Wanted(nik=nik))


def sign(office, case, **options):
    return signing.sign(case, sitting(office, **options))


def refused(office, case, **options) -> str:
    with pytest.raises(InvalidError) as raised:
        sign(office, case, **options)
    return raised.value.faults[0].code


def document() -> Paper:
    return Paper.objects.select_related("signature").get(kind=PaperKind.HOSTING_DOCUMENT)


def signed_papers() -> list[str]:
    """In the order in which they were signed."""
    return list(Signature.objects.order_by("stored_at", "pk").values_list("paper__kind", flat=True))


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
        ("altered", "not_intact"),
        ("painted", "differs.content"),
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
    bsre.requests.clear()
    assert sign(office, case).state == State.APPROVED
    papers = Paper.objects.filter(kind__in=SIGNED_TOGETHER).select_related("signature")
    for paper in papers:
        frozen, signed = store.get(paper.sha256), store.get(paper.issued_sha256)
        assert signed.startswith(frozen)
        assert len(signed) > len(frozen)
        assert (paper.signature.name, paper.signature.certificate) == ("Kadis", "Kadis")
        assert paper.signature.method == method
    event = case.events.get(action=Action.APPROVE)
    assert event.data["signed_digests"] == {paper.kind: paper.signature.sha256 for paper in papers}
    assert set(event.data["signed_digests"]) == set(SIGNED_TOGETHER)
    assert sum("sign/pdf" in request for request in bsre.requests) == 3
    assert not Attempt.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("method", GATEWAYS)
def test_a_gateway_may_write_the_same_document_anew_and_no_other(office, settings, pki, bsre, method):
    sign_by_gateway(settings, pki, bsre, method)
    case, bsre.counts_from_above, bsre.writes_anew = ready(office), True, True
    assert refused(office, case) == "signing.differs.stamp"
    fill_in(Group.SIGNING, from_above=True)
    bsre.moods[:] = ["painted"]
    answer = post(office, "head", case, "sahkan", passphrase=PASSPHRASE, nik=NIK)
    assert "hasilnya bukan naskah yang sama: isi halaman 1 lain." in text(answer)
    assert nothing_is_issued(case)
    assert Attempt.objects.latest("pk").problem == "signing.differs.content"
    assert sign(office, case).state == State.APPROVED
    issued = store.get(document().issued_sha256)
    assert (document().signature.rewritten, issued.startswith(store.get(document().sha256))) == (True, False)
    assert "isinya sama, ditambah tanda tangan" in text(Client().get(f"/verifikasi/{document().pk}/"))
    assert verification.verify(issued).verdict == "genuine"


@pytest.mark.parametrize(
    ("method", "mood", "code", "asked"),
    [
        (Method.BSRE_V1, "broken", "", 3),  # the id came with the header: fetched at once
        (Method.BSRE_V1, "lost", "signing.timeout", 4),  # nothing came: the same bytes are signed again
        (Method.BSRE_V2, "broken", "signing.broken_off", 4),
        (Method.BSRE_V2, "drips", "signing.broken_off", 4),  # each byte in time, and the whole never
    ],
)
def test_signed_and_lost_on_its_way_one_version_is_issued(
    office, settings, pki, bsre, monkeypatch, method, mood, code, asked
):
    sign_by_gateway(settings, pki, bsre, method)
    case = ready(office)
    bsre.moods[:], bsre.pause = [mood], 600
    if code:
        # In one second a slow machine may not even come to signing.
        with seconds_of(settings, 1 if mood == "lost" else 60), monkeypatch.context() as later:
            later.setattr(signers_gateway, "time", SimpleNamespace(monotonic=lambda: 1000.0 * len(bsre.dripped)))
            until(lambda: refused(office, case) == code and not bsre.moods)
        assert nothing_is_issued(case)
        sign(office, case)
    else:
        sign(office, case)
    assert Case.objects.get(pk=case.pk).state == State.APPROVED
    assert sum("sign/pdf" in request for request in bsre.requests) == asked
    assert Signature.objects.count() == 3
    assert store.get(document().issued_sha256) in bsre.signed.values()


@pytest.mark.parametrize("done", [1, 2])
def test_a_sitting_that_breaks_off_goes_on_later_and_signs_nothing_twice(office, settings, pki, bsre, done):
    sign_by_gateway(settings, pki, bsre, Method.BSRE_V2)
    case = ready(office)
    bsre.moods[:] = [*["good"] * done, "failing"]
    answer = post(office, "head", case, "sahkan", passphrase=PASSPHRASE, nik=NIK)
    assert answer.status_code == 422
    titles = ["Dokumen Hosting", "Dokumen Hak Akses Hosting", "Surat Pengantar"]
    said = f"Sudah ditandatangani: {', '.join(titles[:done])}. Belum: {', '.join(titles[done:])}."
    assert said in text(answer)
    assert signed_papers() == list(SIGNED_TOGETHER[:done])
    assert Case.objects.get(pk=case.pk).state == State.AWAITING_APPROVAL
    assert not Attempt.objects.filter(ended_at=None).exists()
    first = document().issued_sha256
    bsre.requests.clear()
    assert post(office, "head", case, "sahkan", passphrase=PASSPHRASE, nik=NIK).status_code == 302
    assert sum("sign/pdf" in request for request in bsre.requests) == 3 - done
    assert signed_papers() == list(SIGNED_TOGETHER)
    assert document().issued_sha256 == first
    assert Case.objects.get(pk=case.pk).state == State.APPROVED


def test_what_was_signed_of_a_sitting_that_is_sent_back_is_void(office, settings, pki, bsre):
    sign_by_gateway(settings, pki, bsre, Method.BSRE_V2)
    case = ready(office)
    bsre.moods[:] = ["good", "failing"]
    assert refused(office, case) == "signing.gateway"
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Periksa lagi")
    voids = Paper.objects.filter(kind__in=SIGNED_TOGETHER).values_list("void_reason", flat=True)
    assert list(voids) == ["Dikembalikan sebelum disahkan."] * 3
    assert "Dikembalikan sebelum disahkan." in text(Client().get(f"/verifikasi/{document().pk}/"))
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    assert sign(office, case).state == State.APPROVED
    assert Signature.objects.filter(paper__voided_at=None).count() == 3


def test_papers_of_a_step_that_was_taken_back_are_not_made(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    asked = case.events.last()
    office.act(case, Action.SEND_BACK, office.head, reasons="Periksa lagi")
    jobs.make_paper(asked.pk, "hosting_document")
    assert not Paper.objects.filter(kind__in=SIGNED_TOGETHER).exists()


def test_two_at_once_and_a_late_one_issue_one_version(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    kind, at_once = PaperKind.HOSTING_DOCUMENT, sitting(office, nik="")
    _, first = signing._begin(case.pk, kind, at_once, expected_version=case.version)
    assert refused(office, case, nik="") == "signing.busy"
    office.now += timedelta(minutes=4)  # the first was killed, or hangs
    _, second = signing._begin(case.pk, kind, at_once, expected_version=case.version)
    accepted = [papers_signing.ask(asked, RIGHT) for asked in (first, second)]
    assert accepted[0].data != accepted[1].data
    for asked, made in zip((first, second), accepted, strict=True):
        signing._finish(case.pk, asked, made, at_once)
    assert store.get(document().issued_sha256) == accepted[0].data
    assert sorted(Attempt.objects.values_list("problem", flat=True)) == ["signing.abandoned", "signing.late"]
    assert sign(office, case, nik="").state == State.APPROVED
    assert sign(office, case, nik="").state == State.APPROVED  # one that comes late finds everything done
    assert case.events.filter(action=Action.APPROVE).count() == 1
    assert Signature.objects.count() == 3


def test_what_came_between_issues_nothing(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    _, asked = signing._begin(case.pk, PaperKind.HOSTING_DOCUMENT, sitting(office, nik=""), expected_version=None)
    made = papers_signing.ask(asked, RIGHT)
    office.act(case, Action.SEND_BACK, office.head, reasons="Periksa lagi")
    with pytest.raises(InvalidError):
        signing._finish(case.pk, asked, made, sitting(office, nik=""))
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
    got = {kind: page(office, "head", case, f"naskah-untuk-ditandatangani/{kind}").content for kind in SIGNED_TOGETHER}
    assert got["hosting_document"] == store.get(document().sha256)
    all_signed = {kind: Local(pki.person("head")).sign(order(data), RIGHT) for kind, data in got.items()}
    got, signed = got["hosting_document"], all_signed["hosting_document"]
    another = Local(pki.person("head")).sign(order(got.replace(b"/Lang (id)", b"/Lang (en)")), RIGHT)
    for data, code in (
        (got, "not_same"),
        (another, "not_same"),
        (as_it_writes_anew(pki, got), "not_same"),  # who brings a file can choose a program that appends
        (b"", "no_file"),
        (signed[:-300] + b"x" + signed[-299:], "broken"),
    ):
        said = refused(office, case, given={PaperKind.HOSTING_DOCUMENT: Given(file=data)})
        assert said in (f"signing.{code}", "signing.not_intact")
    # In the wrong fields: the first is kept, the others are told at their fields and asked for again.
    mixed = {"hosting_document": signed, "access_document": all_signed["cover_letter"], "cover_letter": b"%PDF-"}
    answer = post(office, "head", case, "sahkan", **as_files(mixed))
    assert list(faults(answer)) == ["file_access_document", "__all__"]
    asked = [name for name in answer.context["form"].fields if name.startswith("file")]
    assert asked == ["file_access_document", "file_cover_letter"]
    rest = {kind: data for kind, data in all_signed.items() if kind != "hosting_document"}
    assert post(office, "head", case, "sahkan", **as_files(rest)).status_code == 302
    assert {kind: store.get(Paper.objects.get(kind=kind).issued_sha256) for kind in SIGNED_TOGETHER} == all_signed


def as_it_writes_anew(pki, data):
    return Gateway(pki).sign(data, place=(1, 325, 70, 213, 91), picture=picture(), anew=True)


def as_files(contents):
    files = {f"file_{kind}": io.BytesIO(data) for kind, data in contents.items()}
    for kind, file in files.items():
        file.name = f"{kind}.pdf"
    return files


def test_an_access_document_that_is_not_right_any_more_is_neither_signed_nor_sent(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    tell(office, "SHA256:dahulu")
    case = ready(office)
    tell(office, "SHA256:kini")
    assert refused(office, case, nik="") == "site.changed"
    assert "Sidik kunci server: SHA256:dahulu → SHA256:kini" in text(page(office, "head", case))
    tell(office, "SHA256:dahulu")
    case = office.told(sign(office, case, nik=""), office.node_reports(Outcome.APPLIED))
    tell(office, "SHA256:kini")
    with pytest.raises(InvalidError) as raised:
        office.act(case, Action.DELIVER, office.registrar)
    assert [fault.code for fault in raised.value.faults] == ["access.outdated"]
    assert "mengulang penyiapan dengan “Ubah Spesifikasi”" in text(page(office, "registrar", case))
    assert office.act(case, Action.CHANGE_SPEC, office.technician, kind="php").state == State.PREPARING


def tell(office, fingerprint):
    """What the node says of its SFTP server."""
    Node.objects.filter(pk=office.node.pk).update(facts={"sftp_fingerprint": fingerprint})


def test_a_double_click_is_one_signature(office, settings, pki, tmp_path):
    sign_locally(office, settings, pki, tmp_path)
    case = ready(office)
    values = {"passphrase": PASSPHRASE, "version": case.version}
    answers = [post(office, "head", case, "sahkan", **values) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Signature.objects.count() == 3
