"""Templates of papers: the department changes them, a broken one is never in use, none reaches beyond its folder."""

import io

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from panggon.audit.models import Change
from panggon.cases import jobs
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import PermanentError
from panggon.papers import printing, rendering, store
from panggon.papers.guard import repeating_lines, source_faults
from panggon.papers.models import Paper, TemplateVersion
from panggon.papers.press import Limits, Press
from panggon.papers.samples import SAMPLES
from panggon.papers.words import TEMPLATES
from tests.portal.test_settings import PNG
from tests.portal.visitor import faults, text, visitor

SHEET = rendering.shipped()["lembar.typ"]
MINE = SHEET + "\nSurat ini dibuat untuk diuji.\n"
NAMES = {"naskah.typ", "lembar.typ"}


@pytest.fixture
def admin(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


def post(client, words, *, do="save", name="lembar.typ", version=0, **more):
    return client.post(f"/pengaturan/naskah/{name}/", {"text": words, "do": do, "version": version, **more})


def newest() -> int:
    return TemplateVersion.objects.first().pk


def pages_of(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as document:
        return len(document.pages)


def test_a_changed_template_makes_the_next_paper_and_leaves_the_former_alone(office, admin):
    case = office.bring_to(State.RECEIVED)
    event = case.events.get(action=Action.RECEIVE)
    jobs.make_paper(event.pk, "receipt")
    former = Paper.objects.get().sha256
    assert post(admin, MINE.replace("#kop()", "#kop()\n#pagebreak()")).status_code == 302
    jobs.make_paper(event.pk, "receipt")
    assert Paper.objects.get().sha256 == former
    Paper.objects.all().delete()
    jobs.make_paper(event.pk, "receipt")
    assert (pages_of(store.get(former)), pages_of(store.get(Paper.objects.get().sha256))) == (1, 2)


def test_each_template_has_a_name_and_a_sample_that_shows_it():
    assert set(TEMPLATES) == set(rendering.shipped())
    assert {sample.template for sample in SAMPLES.values()} == set(rendering.shipped()) - {"naskah.typ"}


def test_who_changed_it_and_when_and_the_text_itself_are_kept(admin):
    post(admin, MINE)
    version = TemplateVersion.objects.get()
    page = text(admin.get("/pengaturan/naskah/lembar.typ/"))
    assert "diubah dinas" in page
    assert "Admin · " in page
    assert admin.get(f"/pengaturan/naskah/lembar.typ/versi/{version.pk}/").content.decode() == MINE
    assert admin.get(f"/pengaturan/naskah/naskah.typ/versi/{version.pk}/").status_code == 404
    change = Change.objects.get()
    assert (change.subject, change.after["version"]) == ("papers.template:lembar.typ", str(version.pk))


def test_back_to_the_shipped_one_with_one_press(admin):
    post(admin, MINE)
    answer = admin.post("/pengaturan/naskah/lembar.typ/bawaan/", follow=True)
    assert "Templat bawaan dipakai lagi." in text(answer)
    assert answer.context["form"]["text"].value() == SHEET
    assert printing.changed() == {}
    assert "Kembali ke bawaan" in text(answer)
    admin.post("/pengaturan/naskah/lembar.typ/bawaan/")
    assert TemplateVersion.objects.count() == 2, "what is so already is not done again"


def test_the_same_text_is_no_change(admin):
    post(admin, SHEET.replace("\n", "\r\n"))
    assert not TemplateVersion.objects.exists()


def test_an_uploaded_file_takes_the_place_of_the_text(admin):
    post(admin, "", file=SimpleUploadedFile("lembar.typ", MINE.encode()))
    assert TemplateVersion.objects.get().text == MINE
    answer = post(admin, "", version=newest(), file=SimpleUploadedFile("lembar.typ", b"\xff\xfe\x00"))
    assert faults(answer) == {"file": ["Berkas ini bukan teks."]}


def test_a_file_with_marks_that_nobody_sees_is_refused_at_its_field(admin):
    answer = post(admin, "", file=SimpleUploadedFile("lembar.typ", f"{MINE}a\u202eb".encode()))
    assert faults(answer) == {
        "file": ["Ada tanda yang tidak terlihat: U+202E RIGHT-TO-LEFT OVERRIDE. Silakan ketik ulang tanpa tanda itu."]
    }


def test_a_broken_template_is_refused_with_its_line_and_kept_on_the_page(admin):
    broken = SHEET.replace("#kop()", "#kop(")
    line = broken.split("\n").index("#kop(") + 1
    answer = post(admin, broken)
    (words,) = faults(answer)["text"]
    assert answer.status_code == 422
    assert f"lembar.typ, baris {line}: unclosed delimiter" in words
    assert "#kop(" in answer.content.decode()
    assert not TemplateVersion.objects.exists()


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (
            "#for x in range(100000) { for y in range(100000) { let z = x * y } }",
            "“Tanda Terima Permohonan” tidak selesai disusun dalam 1 detik. Periksa yang berulang di baris {lines}.",
        ),
        (
            '#let a = "abcdefgh" * 2000000000',
            (
                "“Tanda Terima Permohonan” tidak dapat disusun dengan memori 1024 MiB. Periksa yang berulang di baris"
                " {lines}."
            ),
        ),
    ],
)
def test_a_template_that_does_not_end_is_refused_and_the_next_paper_is_made(office, admin, monkeypatch, added, words):
    monkeypatch.setattr(rendering, "PRESS", Press(Limits(seconds=1)))
    endless = f"{SHEET}\n{added}\n"
    lines = [number for number, line in enumerate(endless.split("\n"), 1) if "for " in line]
    assert faults(post(admin, endless)) == {"text": [words.format(lines=", ".join(map(str, lines)))]}
    assert not TemplateVersion.objects.exists()
    case = office.bring_to(State.RECEIVED)
    jobs.make_paper(case.events.last().pk, "receipt")
    assert Paper.objects.get().title == "Tanda Terima Permohonan"


def test_the_worker_is_not_held_up_by_a_template_that_got_in_use_and_never_ends(office, monkeypatch):
    monkeypatch.setattr(rendering, "PRESS", Press(Limits(seconds=1)))
    TemplateVersion.objects.create(
        name="lembar.typ",
        text="#range(400000).map(x => [#x #pagebreak()]).join()",
        made_by=office.head,
        made_at=office.now,
    )
    case = office.bring_to(State.RECEIVED)
    with pytest.raises(PermanentError, match=r"paper\.endless"):
        jobs.make_paper(case.events.last().pk, "receipt")
    assert not Paper.objects.exists()


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("#while true {}\n\nx for y #for x in y [] for", (1, 3)),
        ("#let a = 1\n#let f(n) = f(n)", (2,)),
        ("#let a = (1,) * 9", ()),
    ],
)
def test_where_a_template_may_go_on_for_ever(source, lines):
    assert repeating_lines(source) == lines


def test_what_the_others_need_of_the_shared_template_has_to_stay(admin):
    shared = rendering.shipped()["naskah.typ"].replace("#let judul", "#let tajuk")
    (words,) = faults(post(admin, shared, name="naskah.typ"))["text"]
    assert "lembar.typ, baris " in words
    assert "unknown variable: judul" in words


def test_a_template_is_tried_without_being_in_use(admin):
    answer = post(admin, MINE, do="try", sample="access-document")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert pages_of(answer.content) >= 1
    assert not TemplateVersion.objects.exists()
    assert post(admin, "#kop(", do="try").status_code == 422


def test_a_stale_page_is_told(admin):
    post(admin, MINE)
    assert "baru saja diubah orang lain" in faults(post(admin, SHEET, version=0))["text"][0]


@pytest.mark.parametrize("key", SAMPLES)
def test_every_paper_has_a_sample(admin, key):
    assert pages_of(admin.get(f"/pengaturan/naskah/contoh/{key}/").content) >= 1


def test_the_logo_stands_on_papers(admin):
    without = printing.sample("receipt")
    admin.post(
        "/pengaturan/kop/",
        {
            "version": 0,
            "government": "Kota",
            "name": "Dinas",
            "address": "Jalan",
            "place": "Kota",
            "logo": SimpleUploadedFile("logo.png", PNG, "image/png"),
        },
    )
    with pikepdf.open(io.BytesIO(printing.sample("receipt"))) as document:
        images = [item for item in document.objects if getattr(item, "get", lambda _k: None)("/Subtype") == "/Image"]
    assert images
    assert without != printing.sample("receipt")


@pytest.mark.parametrize(
    "source", ['#read("../../../../../../etc/hostname")', '#read("/etc/hostname")', '#read("x.py")']
)
def test_no_file_beyond_the_folder_is_read(source):
    with pytest.raises(PermanentError, match=r"paper\.template") as refused:
        rendering.render("lembar.typ", {}, files={"lembar.typ": source.encode()})
    assert (refused.value.facts["file"], refused.value.facts["line"]) == ("lembar.typ", 1)


@pytest.mark.parametrize(
    ("source", "code", "word"),
    [
        ('\n#import "@preview/a:0.1.0": *', "template.import", "import"),
        ('\n#import ("@preview" + "/a:0.1.0"): *', "template.import", "import"),
        ('\n#include "lain.typ"', "template.import", "include"),
        ('\n#import "../naskah.typ"', "template.import", "import"),
        ('\n#import/**/"@preview/a:0.1.0"', "template.import", "import"),
        ('\n#eval("#im" + "port \'@preview/a:0.1.0\'")', "template.code", "eval"),
        ('\n#dictionary(std).at("ev" + "al")("1")', "template.code", "std"),
        ('\n#plugin("a.wasm")', "template.code", "plugin"),
    ],
)
def test_nothing_is_fetched_and_no_code_is_made(source, code, word):
    (fault,) = source_faults(source, names=NAMES)
    assert (fault.code, fault.facts) == (code, {"line": 2, "word": word})


def test_the_shipped_templates_keep_the_rule():
    for words in rendering.shipped().values():
        assert source_faults(words, names=rendering.shipped()) == ()


@given(st.text(max_size=300))
def test_the_guard_answers_any_text(words):
    for fault in source_faults(words, names=NAMES):
        assert 1 <= fault.facts["line"] <= words.count("\n") + 1


def test_a_large_template_is_refused():
    (fault,) = source_faults("x" * 102_401, names=NAMES)
    assert fault.code == "template.too_large"


def test_only_the_administrator_and_only_what_there_is(office, admin):
    assert visitor(office.head).get("/pengaturan/naskah/lembar.typ/").status_code == 403
    assert admin.get("/pengaturan/naskah/lain.typ/").status_code == 404
    assert admin.get("/pengaturan/naskah/contoh/lain/").status_code == 404
    assert admin.get("/pengaturan/naskah/lembar.typ/bawaan/").status_code == 405
    assert "Tanda terima, checklist, laporan, dan dokumen hosting" in text(admin.get("/pengaturan/naskah/"))
