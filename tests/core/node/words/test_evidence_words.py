from panggon.core.node.words.evidence_words import parts


def proof(name, *, ok=True):
    return {"name": name, "ok": ok, "detail": ""}


def test_proofs_of_one_part_are_one_sentence():
    found = parts([proof("dns.answer"), proof("dns.signed"), proof("sftp.login")])
    assert [(part.name, part.ok, part.sentence) for part in found] == [
        ("nama domain", True, "Nama domain dijawab dengan benar."),
        ("SFTP", True, "Akses SFTP bekerja dan terkurung di folder situs."),
    ]


def test_one_proof_that_does_not_hold_makes_its_part_unproven_and_first():
    found = parts([proof("dns.answer"), proof("web.page"), proof("web.site", ok=False)])
    assert [(part.name, part.ok) for part in found] == [("halaman situs", False), ("nama domain", True)]
    assert found[0].sentence == "Alamat situs belum menjawab dengan benar."


def test_of_a_closed_site_it_says_what_is_shut():
    shut = ("database.kept", "database.idle", "web.page", "programs.stopped", "sftp.locked")
    assert [(part.sentence, part.closed) for part in parts(map(proof, shut))] == [
        ("Basis data tersimpan, dan tertutup bagi situs.", True),
        ("Alamat situs menjawab dengan benar.", False),
        ("Program situs berhenti.", True),
        ("Akses SFTP tertutup.", True),
    ]
    (locked,) = parts([proof("sftp.login"), proof("sftp.locked")])  # of a site that is prepared
    assert (locked.sentence, locked.closed) == ("Akses SFTP bekerja dan terkurung di folder situs.", False)
    (named_still,) = parts([proof("dns.gone"), proof("dns.gone", ok=False)])
    assert (named_still.closed, named_still.sentence) == (True, "Nama domain belum dilepas oleh semua server DNS.")
    (open_still,) = parts([proof("database.kept"), proof("database.idle", ok=False)])
    assert (open_still.ok, open_still.sentence) == (False, "Belum terbukti bahwa basis data tersimpan dan tertutup.")


def test_a_part_without_words_is_named_as_the_machine_names_it():
    assert [part.sentence for part in parts([proof("mail.answer", ok=False)])] == ["mail: belum terbukti."]


def test_no_proofs_say_nothing():
    assert parts([]) == ()
