"""What anybody may ask of a paper: by its QR, or by the file itself."""

import io
import logging
import re
import tempfile
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from panggon.cases import signing
from panggon.cases.models import Case
from panggon.core.cases.procedure import State
from panggon.papers import store, verification
from panggon.papers.apart import look_into
from panggon.papers.contents import SIGNED_TOGETHER, PaperKind
from panggon.papers.models import Paper
from panggon.papers.signers.interface import Given, Secret
from panggon.papers.signers.local import Local
from panggon.sites import services as sites
from panggon.sites.models import Site
from tests.papers.orders import order
from tests.papers.pki import PASSPHRASE
from tests.portal.office import LETTER
from tests.portal.once import made_once
from tests.portal.signers import sign_locally
from tests.portal.visitor import text

pytestmark = pytest.mark.usefixtures("office_time")


@pytest.fixture
def signed(office, settings, pki, tmp_path, looked_at_here, monkeypatch):
    monkeypatch.setattr(verification, "look_into", here)
    sign_locally(office, settings, pki, tmp_path)
    return signed_document(office)


@made_once
def signed_document(office):
    """The signed hosting document of a case."""
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    given = dict.fromkeys(SIGNED_TOGETHER, Given(Secret(PASSPHRASE)))
    signing.sign(case, signing.Sitting(office.head, given, signing.Wanted()))
    return Paper.objects.select_related("signature").get(kind=PaperKind.HOSTING_DOCUMENT)


def here(data, look, *, limits):
    """`apart.look_into` without the process, which takes a second to start."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.pdf"
        file.write_bytes(data)
        try:
            return look(file)
        finally:
            logging.disable(logging.NOTSET)  # which the process of its own keeps to itself


def dropped(data: bytes):
    return Client().post("/verifikasi/", {"file": SimpleUploadedFile("naskah.pdf", data, "application/pdf")})


def test_the_qr_leads_to_who_signed_what_and_when(signed, office):
    data = store.get(signed.issued_sha256)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        links = [str(note.A.URI) for page in pdf.pages for note in page.get("/Annots", []) if "/A" in note]
    address = re.sub("^http://[^/]*", "", next(link for link in links if "/verifikasi/" in link))
    words = text(Client().get(address))
    for said in ("Dokumen Hosting", signed.number, "dinsos.panggon.test", "Dinas Sosial", "Kadis", "SIMULASI"):
        assert said in words
    assert "Sri Wahyuni" not in words
    assert Client().get("/verifikasi/00000000-0000-4000-8000-000000000000/").status_code == 404


def test_the_very_file_is_genuine_and_one_changed_byte_is_found(signed):
    data = store.get(signed.issued_sha256)
    assert "tidak satu byte pun berubah" in text(dropped(data))
    for place in (20, len(data) // 2, len(data) - 10):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        found = verification.verify(changed)
        assert found.verdict in ("changed", "broken", "strange")
        if found.verdict == "changed":
            assert (found.paper, found.differs_at) == (signed, place + 1)


def test_what_was_added_later_is_found(signed):
    data = store.get(signed.issued_sha256)
    assert "ada yang ditambahkan padanya" in text(dropped(data + b"\n% more\n"))
    assert verification.verify(data + b"\n").added


def test_a_draft_a_strange_signature_and_a_strange_file_are_told_apart(signed, pki):
    frozen = store.get(signed.sha256)
    assert "Belum ditandatangani" in text(dropped(frozen))
    strange = Local(pki.person("other")).sign(order(LETTER), Given(Secret(PASSPHRASE)))
    words = text(dropped(strange))
    assert "Bukan terbitan portal ini" in words
    assert "atas nama Orang Lain" in words
    assert "belum ditandatangani secara elektronik" in text(dropped(LETTER))
    assert "bukan PDF, atau rusak" in text(dropped(b"%PDF-1.7 nothing"))


def test_papers_of_a_site_that_is_gone_are_verified_as_before(signed, office):
    sites.wish_park(Site.objects.get(), at=office.later())
    Case.objects.update(state=State.WITHDRAWN, contact_name="")
    assert "Dinas Sosial" in text(Client().get(f"/verifikasi/{signed.pk}/"))
    assert verification.verify(store.get(signed.issued_sha256)).verdict == "genuine"


def test_many_files_from_one_network_have_to_wait(db, monkeypatch):
    monkeypatch.setattr(verification, "verify", lambda _data: verification.Verified(verification.Verdict.BROKEN))
    answers = [dropped(b"%PDF-") for _ in range(17)]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429] * 2
    assert "Terlalu banyak percobaan" in text(answers[-1])


def test_files_are_looked_at_in_a_process_of_its_own(signed, monkeypatch):
    data = store.get(signed.issued_sha256)
    monkeypatch.setattr(verification, "look_into", look_into)
    changed = verification.verify(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    assert (changed.verdict, changed.paper, changed.differs_at) == ("changed", signed, len(data) - 8)
    assert verification.verify(b"%PDF-1.7\n" + b"[" * 200_000).verdict == "broken"
