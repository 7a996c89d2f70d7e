"""What a plan says to the person who approves it."""

from dataclasses import replace

import pytest

from panggon.core.node.planning.plan import Change, make
from panggon.core.node.planning.resources import Key, Kind
from panggon.core.node.words.plan_words import meanings, words
from panggon.core.sites.kinds import SiteKind
from panggon.core.sites.spec import Access
from tests.core.node.planning.plans import FACTS, OPEN, PARKED, PREPARED, SUSPENDED, TASK, existing, nothing
from tests.core.sites.site_specs import HOST, SITE, ssh_key


def test_words_of_a_new_site():
    sentences = words(make(PREPARED, FACTS, nothing(PREPARED)))
    assert sentences[0] == f"Membuat pengguna Unix {SITE} (UID 970001, kata sandi tidak ada)."
    assert sentences[2] == f"Membuat batas penyimpanan {SITE} (ruang (MiB) 1024, berkas paling banyak 200000)."
    assert sentences[3] == f"Membuat basis data {SITE} (jenis mariadb, koneksi paling banyak 10, ruang (MiB) 1024)."
    assert sentences[7] == f"Membuat nama situs di server web {HOST} (situs {SITE}, status sedang disiapkan)."
    addresses = f"situs {SITE}, A 10.0.0.1, 10.0.0.2, AAAA ::1"
    assert sentences[9] == f"Membuat rekaman DNS {HOST} ({addresses}, rekaman pengaman dmarc, mx, spf)."
    assert len(sentences) == 10


@pytest.mark.parametrize("told", ["", "3", "{}", '{"name": 1, "schedule": 2, "command": [3]}', "[" * 100_000])
def test_what_a_machine_tells_that_is_no_task_is_shown_as_it_is(told: str):
    change = Change(Key(Kind.TASKS, SITE), None, {"tasks": (told,)})
    plan = replace(make(OPEN, FACTS, existing(OPEN)), changes=(change,))
    assert words(plan) == (f"Membuat tugas terjadwal situs {SITE} (tugas {told}).",)


def test_words_of_opening_and_parking_and_nothing():
    assert words(make(OPEN, FACTS, existing(PREPARED))) == (
        f"Mengubah pengguna Unix {SITE} (kata sandi: tidak ada → terpasang).",
        f"Mengubah nama situs di server web {HOST} (status: sedang disiapkan → terbuka).",
        f"Mengubah akses SFTP {SITE} (kunci SSH: tidak ada → 2 buah).",
    )
    assert words(make(PARKED, FACTS, existing(OPEN)))[0] == f"Mencabut akses SFTP {SITE}."
    assert words(make(OPEN, FACTS, existing(OPEN))) == ()


def test_a_suspension_is_told_in_the_words_of_the_portal_and_deletes_nothing():
    wished = replace(SUSPENDED, tasks=(TASK,))
    closing = make(wished, FACTS, existing(replace(OPEN, tasks=(TASK,))))
    assert f"Menghentikan tugas terjadwal situs {SITE}." in words(closing)
    assert f"Menghentikan lingkungan aplikasi situs {SITE}." in words(closing)
    assert f"Mengubah nama situs di server web {HOST} (status: terbuka → ditangguhkan)." in words(closing)
    assert not [each for each in words(closing) if "enghapus" in each]
    assert f"Alamat https://{HOST} menjadi ditangguhkan." in meanings(closing)
    english = {"Ditangguhkan": "Suspended", "Alamat https://{name} menjadi {state}.": "{name} becomes {state}."}
    assert f"{HOST} becomes suspended." in meanings(closing, translated=lambda each: english.get(each, each))


def test_words_keep_secrets():
    renewed = replace(OPEN, access=Access(password_fingerprint="sha256:two", ssh_keys=(ssh_key("c"), ssh_key("d"))))
    assert words(make(renewed, FACTS, existing(OPEN))) == (
        f"Mengubah pengguna Unix {SITE} (kata sandi diganti).",
        f"Mengubah akses SFTP {SITE} (kunci SSH diganti).",
    )


def test_what_a_site_has_neither_before_nor_after_is_not_said_to_be_replaced():
    static = replace(OPEN, kind=SiteKind.STATIC)
    (sentence, *_) = words(make(OPEN, FACTS, existing(static)))
    assert "variabel lingkungan tidak ada" in sentence


def test_words_of_a_new_password_of_the_database():
    renewed = make(replace(OPEN, database_key=1), FACTS, existing(OPEN))
    assert words(renewed) == (f"Mengubah basis data {SITE} (kata sandi dibuat baru).",)
    (meaning,) = meanings(renewed)
    assert meaning == "Basis data mendapat kata sandi baru; pemilik situs menemukannya di private/database.ini."
    assert meanings(make(replace(OPEN, limits=replace(OPEN.limits, database_connections=9)), FACTS, existing(OPEN)))[
        0
    ] == ("Basis data diubah.")


def test_words_of_a_database_that_is_locked_and_opened():
    closing = make(SUSPENDED, FACTS, existing(OPEN))
    assert words(closing)[-1] == f"Mengubah basis data {SITE} (terkunci: tidak → ya)."
    assert meanings(closing)[-1] == "Basis data dikunci: situs tidak dapat masuk, dan yang sedang berjalan dihentikan."
    assert "Basis data dibuka kembali untuk situs." in meanings(make(OPEN, FACTS, existing(SUSPENDED)))
