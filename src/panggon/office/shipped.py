"""What an installation says until its own department has said it: the standard of Pekalongan, word for word.

Source: SK 060/040/III Tahun 2022, Pelayanan Hosting, as published by the Dinas Komunikasi dan Informatika. It names
that city, its telephones and a person, none of which is ever said for another city.
"""

import re
from dataclasses import replace

from panggon.core.complaints.deadlines import DayUnit
from panggon.core.papers.signing import Method
from panggon.core.standards.contacts import Channel, Contact
from panggon.office.shipped_documents import COMPLAINT_SOP, COMPONENTS, PLEDGE, SOP
from panggon.office.values import (
    Complaints,
    Contacts,
    Delivery,
    Group,
    Letterhead,
    Lines,
    Mail,
    Naming,
    Numbering,
    Office,
    Programs,
    Retention,
    Signing,
    Standard,
)

SHIPPED = Office(
    letterhead=Letterhead(
        government="Pemerintah Kota Pekalongan",
        name="Dinas Komunikasi dan Informatika",
        address="Jl. Mataram No. 5 Pekalongan Barat Kota Pekalongan 51111",
        phone="0285421243",
        place="Pekalongan",
    ),
    standard=Standard(
        service="Pelayanan Hosting",
        decree="SK 060/040/III Tahun 2022",
        requirements=("Adanya Surat /Informasi pemberitahuan permohonan hosting",),
        steps=(
            "OPD selaku pengguna jaringan mengirimkan Surat permohonan hosting ke Diskominfo Kota Pekalongan",
            "Dinas Kominfo Menerima Surat permohonan hosting dan memberikan disposisi",
            "Bidang INS menerima dan menindaklanjuti disposisi Surat permohonan hosting ke petugas teknis",
            "Petugas Teknis melakukan verifikasi dan mengecek kelengkapan dokumen permohonan hosting",
            "Petugas teknis membuat domain, menyiapkan server untuk hosting dan melaporkan kepada kepala bidang.",
            "Petugas Kepala Bidang melaporkan dan meminta pengesahan data dokumen hosting Kepada Kepala Dinas",
            "Kepala Dinas mengesahkan dokumen hosting yang sudah dibuat",
            "Dinas Kominfo mengirimkan dokumen hak akses atas hosting (Dokumen) kepada OPD pemohon/pengguna",
            "OPD/pengguna menerima hak akses hosting (Dokumen) menerima dan bisa akses (Selesai)",
        ),
        completion="2 Hari kerja",
        working_days=2,
        fee="Tidak dipungut biaya",
        products=("Pelayanan Hosting",),
        complaint_steps=(
            "Pemohon menyampaikan pemberitahuan langsung kepada Dinas Kominfo",
            "Petugas merespon atas pemberitahuan pemohon sampai mendapatkan solusi",
            "Apabila petugas tidak dapat menyelesaikan masalah, maka pengaduan diteruskan ke Pejabat Dinas Kominfo",
            "Pejabat Kominfo menyelesaikan permasalahan sampai tuntas dan mendapatkan solusi.",
        ),
        service_english="Hosting Service",
        requirements_english=("A letter, or other notification, that asks for hosting",),
        steps_english=(
            (
                "The OPD (city agency), as a user of the network, sends a letter asking for hosting to Diskominfo Kota "
                "Pekalongan"
            ),
            "Dinas Kominfo receives the letter asking for hosting and gives a disposition",
            "Bidang INS receives the disposition of the letter and passes it on to the technical officer",
            "The technical officer verifies the request and checks that its documents are complete",
            (
                "The technical officer makes the domain, prepares the server for hosting and reports to the head of "
                "the division"
            ),
            "The head of the division reports to the Head of Agency and asks for approval of the hosting document",
            "The Head of Agency approves the hosting document that was made",
            "Dinas Kominfo sends the document of the access rights to the OPD that asked",
            "The OPD receives the access rights (document) and can access the hosting (done)",
        ),
        completion_english="2 working days",
        fee_english="Free of charge",
        products_english=("Hosting Service",),
        complaint_steps_english=(
            "The complainant tells it directly to Dinas Kominfo",
            "The officer answers the complainant until a solution is found",
            "If the officer cannot solve the problem, the complaint is passed on to an official of Dinas Kominfo",
            "The official of Kominfo solves the problem completely, with a solution",
        ),
    ),
    components=COMPONENTS,
    contacts=Contacts(
        (
            Contact(Channel.PHONE, "(0285) 421243"),
            Contact(Channel.PHONE, "(0285) 420223"),
            # Printed without the end of its domain; other services of the same SK print the address that works.
            Contact(Channel.EMAIL, "diskominfo@gafe.pekalongankota", working="diskominfo@pekalongankota.go.id"),
            Contact(Channel.WEBSITE, "http://kominfo.pekalongankota.go.id"),
            Contact(Channel.TWITTER, "@pkl.diskominfo"),
            Contact(Channel.INSTAGRAM, "@pkl.diskominfo"),
            Contact(Channel.OFFICER, "0852 2683 3647", person="Wawan Sugandi, A.Md"),
            Contact(Channel.IN_PERSON, "Jl. Mataram No. 5 Pekalongan Barat Kota Pekalongan 51111"),
        )
    ),
    naming=Naming(zone="panggon.test"),  # until the city's own is named, names lead nowhere (RFC 6761)
    delivery=Delivery(by_itself=False),
    numbering=Numbering(code="555", codes={}, template="{kode}/{urut}/{tahun}"),
    signing=Signing(method=Method.UPLOAD, gateway="", from_above=False, time_stamps=""),
    mail=Mail(sender=""),
    programs=Programs(decide=False, requests=300),
    complaints=Complaints(
        unit=DayUnit.WORKING,
        first_response=3,
        information=5,
        grievance=5,
        violation=14,
        investigation=60,
        silence=10,
    ),
    sop=SOP,
    complaint_sop=COMPLAINT_SOP,
    pledge=PLEDGE,
    retention=Retention(
        words_months=24,
        contacts_months=24,
        letters_months=60,
        drafts_months=12,
        unfiled_months=3,
        surveys_months=24,
        notices_months=12,
        changes_months=60,
        followers_days=30,
        visits_days=180,
        deliveries_days=90,
    ),
    versions=dict.fromkeys(Group, 0),
)
DEPARTMENT = re.compile(r"\bDiskominfo Kota\s+Pekalongan\b|\b(?:Dinas )?Kominfo\b")
DIVISION = re.compile(r"\bBidang INS\b")


def shipped_for(letterhead: Letterhead) -> Office:
    """What counts where nobody has filled anything in: the SK for its own city. For another one its words with the name
    of that city's department; decree, address and contacts, which nobody else can say for it, are empty.
    """
    if _key(letterhead.government) == _key(SHIPPED.letterhead.government):
        return SHIPPED
    said = SHIPPED.standard
    return replace(
        SHIPPED,
        letterhead=replace(SHIPPED.letterhead, address="", phone="", place=""),
        standard=replace(
            said,
            decree="",
            steps=_said_by(letterhead, said.steps, division="Bidang yang ditunjuk"),
            complaint_steps=_said_by(letterhead, said.complaint_steps),
            steps_english=_said_by(letterhead, said.steps_english, division="The division in charge"),
            complaint_steps_english=_said_by(letterhead, said.complaint_steps_english),
        ),
        contacts=Contacts(()),
    )


# ------------------------------------------------------------------------------------------------------------------


def _key(government: str) -> str:
    return " ".join(government.casefold().split())


def _said_by(letterhead: Letterhead, lines: Lines, *, division: str = "") -> Lines:
    """Lines of the SK, with the names of this department and division in the place of Pekalongan's."""
    return tuple(DIVISION.sub(lambda _: division, DEPARTMENT.sub(lambda _: letterhead.name, line)) for line in lines)
