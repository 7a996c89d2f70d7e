"""The words of the procedure and its printed page."""

from pathlib import Path

from panggon.core.cases.procedure import (
    ACTION_LABELS,
    NEED_WORDS,
    ROLE_LABELS,
    STATE_LABELS,
    TABLE,
    Action,
    Need,
    Role,
    State,
    next_words,
    step_of,
    step_under_way,
    waits_for,
)
from panggon.core.cases.procedure_page import page
from tests.core.cases.legal import good_facts


def test_labels_are_the_words_of_the_design():
    buttons = {
        Action.SAVE_DRAFT: "Simpan Draf",
        Action.SUBMIT: "Kirim Permohonan",
        Action.RECEIVE: "Terima Surat",
        Action.DISPOSE: "Terbitkan Disposisi",
        Action.ASSIGN: "Teruskan ke Petugas Teknis",
        Action.REASSIGN: "Ganti Petugas Teknis",
        Action.COMPLETE: "Nyatakan Lengkap",
        Action.RETURN_TO_APPLICANT: "Kembalikan untuk Dilengkapi",
        Action.RESUBMIT: "Kirim Ulang",
        Action.PREPARE: "Siapkan",
        Action.REPORT: "Laporkan ke Kepala Bidang",
        Action.REQUEST_APPROVAL: "Mohon Pengesahan",
        Action.APPROVE: "Sahkan",
        Action.DELIVER: "Kirim Dokumen Hak Akses",
        Action.CONFIRM: "Konfirmasi Terima dan Dapat Diakses",
        Action.REPORT_NO_ACCESS: "Belum Bisa Diakses",
        Action.WITHDRAW: "Batalkan",
        Action.REFUSE: "Tolak",
    }
    assert {action: ACTION_LABELS[action].text for action in buttons} == buttons
    assert [label.text for label in STATE_LABELS.values()] == [
        "Draf",
        "Diajukan",
        "Diterima",
        "Didisposisikan",
        "Verifikasi Kelengkapan",
        "Perlu Dilengkapi",
        "Penyiapan Domain dan Server",
        "Siap Dilaporkan",
        "Dilaporkan ke Kepala Bidang",
        "Menunggu Pengesahan",
        "Disahkan",
        "Dokumen Hak Akses Dikirim",
        "Perbaikan Akses",
        "Selesai",
        "Dibatalkan",
        "Ditolak",
    ]


def test_every_word_is_there():
    assert list(STATE_LABELS) == list(State)
    assert set(ACTION_LABELS) == set(Action)
    assert set(ROLE_LABELS) == set(Role)
    assert set(NEED_WORDS) == set(Need)
    assert all(next_words(state).endswith(".") for state in State)


def test_who_has_the_case_can_act_in_it():
    for state in State:
        role = waits_for(state)
        assert (role is None) == (state in TABLE.finals)
        if role is not None:
            assert TABLE.offers(state, roles={role}, facts=good_facts(state))


def test_steps_of_the_sk():
    assert [step_under_way(state) for state in State] == [1, 2, 2, 3, 4, 4, 5, 5, 6, 7, 8, 9, 9, None, None, None]
    assert step_of(Action.SAVE_DRAFT, state=State.DRAFT) is None
    assert step_of(Action.SUBMIT, state=State.DRAFT) == 1
    assert step_of(Action.RETURN_TO_APPLICANT, state=State.VERIFYING) == 4
    assert step_of(Action.RETURN_TO_APPLICANT, state=State.PREPARING) == 5
    assert step_of(Action.SEND_BACK, state=State.REPORTED) == 6
    assert step_of(Action.SEND_BACK, state=State.AWAITING_APPROVAL) == 7
    assert step_of(Action.RECORD_OPENING, state=State.APPROVED) == 8
    assert step_of(Action.REFUSE, state=State.REPORTED) == 6


def test_the_printed_page_is_fresh():
    """After a change of the table: run `script/docs`."""
    assert (Path(__file__).parents[3] / "docs" / "procedure.md").read_text() == page()
