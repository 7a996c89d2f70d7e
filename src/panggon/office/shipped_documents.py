"""The documents of the service until the department has written its own: what holds by law or by what Panggon does.

The decree itself is said once, in the settings of the standard. What only the department can say is left empty, and
pages say that it is not yet set. Sources: UU 25/2009,
PermenPAN-RB 15/2014 (components), 35/2012 (SOP); the wording of the pledge is the usual one of maklumat pelayanan.
"""

from panggon.office.values import Components, Pledge, Sop

LAWS = (
    "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik",
    "Undang-Undang Nomor 27 Tahun 2022 tentang Pelindungan Data Pribadi",
    (
        "Peraturan Menteri PANRB Nomor 35 Tahun 2012 tentang Pedoman Penyusunan Standar Operasional Prosedur "
        "Administrasi Pemerintahan"
    ),
    "Peraturan Menteri PANRB Nomor 15 Tahun 2014 tentang Pedoman Standar Pelayanan",
    "Peraturan Menteri PANRB Nomor 14 Tahun 2017 tentang Pedoman Penyusunan Survei Kepuasan Masyarakat",
)
LAWS_ENGLISH = (
    "Law Number 25 of 2009 on Public Services",
    "Law Number 27 of 2022 on the Protection of Personal Data",
    "Regulation of the Minister PANRB Number 35 of 2012, guideline for standard operating procedures of government",
    "Regulation of the Minister PANRB Number 15 of 2014, guideline for service standards",
    "Regulation of the Minister PANRB Number 14 of 2017, guideline for surveys of public satisfaction",
)

COMPONENTS = Components(
    legal_basis=LAWS,
    facilities=(
        "Portal pelayanan: permohonan, pelacakan, naskah, dan pengaduan",
        "Server hosting dan server nama domain (DNS)",
        "Loket di kantor dinas bagi yang datang langsung",
    ),
    supervision=(
        "Setiap tindakan dicatat dengan pelaku dan waktunya dalam catatan yang tidak dapat diubah tanpa ketahuan",
        "Penyiapan, permohonan pengesahan, dan pengesahan satu permohonan dilakukan tiga orang yang berbeda",
        "Kepala Dinas dan Kepala Bidang melihat waktu setiap permohonan pada laporan",
    ),
    guarantee=(
        "Batas waktu setiap permohonan dihitung sistem; peringatan dikirim pada 50, 80, dan 100 persen waktunya",
        "Hak akses diserahkan setelah situs terbukti dapat dibuka dari luar",
        "Maklumat pelayanan yang ditandatangani Kepala Dinas",
    ),
    safety=(
        "Setiap situs berjalan terpisah dari situs lain, dengan pengguna, basis data, dan batasnya sendiri",
        "Situs dibuka lewat HTTPS; kata sandi tidak pernah ditulis dalam naskah atau email",
        "Data pribadi hanya dilihat yang berwenang dan dihapus setelah masa simpannya lewat",
    ),
    evaluation=(
        "Survei kepuasan masyarakat ditawarkan pada akhir setiap pelayanan dan pengaduan; hasilnya diumumkan",
        "Capaian batas waktu dan pengaduan dilaporkan per langkah",
    ),
    legal_basis_english=LAWS_ENGLISH,
    facilities_english=(
        "Portal of the service: requests, tracking, papers, and complaints",
        "Hosting servers and name servers (DNS)",
        "A desk at the office for those who come in person",
    ),
    supervision_english=(
        "Every act is logged with who and when, in a log that cannot be changed unnoticed",
        "Preparing, asking for approval, and approving one request is done by three different persons",
        "The Head of Agency and the heads of divisions see the time of each request in the report",
    ),
    guarantee_english=(
        "The system counts the time of each request; warnings go out at 50, 80, and 100 percent of it",
        "Access is handed over once the site is proven to open from outside",
        "A service pledge signed by the Head of Agency",
    ),
    safety_english=(
        "Each site runs apart from the others, with its own user, database, and limits",
        "Sites open over HTTPS; a password is never written in a paper or a mail",
        "Personal data is seen only by those in charge and erased when its time is over",
    ),
    evaluation_english=(
        "A survey of satisfaction is offered at the end of each service and complaint; its results are published",
        "Time limits and complaints are reported by step",
    ),
)
SOP = Sop(
    name="Pelayanan Hosting",
    legal_basis=LAWS,
    related=("SOP Penanganan Pengaduan Layanan Hosting",),
    equipment=("Portal pelayanan", "Server hosting dan server nama domain (DNS)", "Komputer dan jaringan kota"),
    warnings=(
        "Bila batas waktu mendekat atau terlampaui, sistem memperingatkan pelaksana, lalu Kepala Dinas",
        "Situs tidak dibuka sebelum dokumen hosting disahkan Kepala Dinas",
    ),
    records=("Permohonan, naskah, dan riwayatnya disimpan dan dinomori dalam portal",),
    name_english="Hosting Service",
    legal_basis_english=LAWS_ENGLISH,
    related_english=("SOP for complaints about the hosting service",),
    equipment_english=("Portal of the service", "Hosting servers and name servers (DNS)", "Computers, city network"),
    warnings_english=(
        "When the time is nearly or wholly used, the system warns who has the request, then the Head of Agency",
        "No site is opened before the Head of Agency has approved the hosting document",
    ),
    records_english=("Requests, papers, and their history are kept and numbered in the portal",),
)
COMPLAINT_SOP = Sop(
    name="Penanganan Pengaduan Layanan Hosting",
    legal_basis=(
        "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik",
        "Peraturan Presiden Nomor 76 Tahun 2013 tentang Pengelolaan Pengaduan Pelayanan Publik",
        "Peraturan Menteri PANRB Nomor 62 Tahun 2018",
    ),
    related=("SOP Pelayanan Hosting",),
    equipment=("Portal pelayanan", "Saluran pengaduan menurut standar pelayanan"),
    warnings=(
        "Pengaduan tidak ditangani oleh orang yang diadukan",
        "Pengaduan tidak ditutup tanpa penyelesaian yang disampaikan kepada pelapor",
        "Identitas pelapor dilindungi",
    ),
    records=("Pengaduan, jawaban, dan riwayatnya disimpan dan dinomori dalam portal",),
    name_english="Handling of Complaints about the Hosting Service",
    legal_basis_english=(
        "Law Number 25 of 2009 on Public Services",
        "Presidential Regulation Number 76 of 2013 on handling complaints about public services",
        "Regulation of the Minister PANRB Number 62 of 2018",
    ),
    related_english=("SOP for the hosting service",),
    equipment_english=("Portal of the service", "The channels for complaints in the service standard"),
    warnings_english=(
        "A complaint is not handled by whom it is about",
        "A complaint is not closed without a solution that the complainant was told",
        "The identity of the complainant is protected",
    ),
    records_english=("Complaints, answers, and their history are kept and numbered in the portal",),
)
PLEDGE = Pledge(
    words=(
        (
            "Dengan ini, kami menyatakan sanggup menyelenggarakan pelayanan sesuai standar pelayanan yang telah "
            "ditetapkan."
        ),
        "Kami memberikan pelayanan sesuai dengan kewajiban dan akan melakukan perbaikan secara terus-menerus.",
        (
            "Apabila tidak menepati janji ini, kami siap menerima sanksi dan/atau memberikan kompensasi sesuai dengan "
            "peraturan yang berlaku."
        ),
    ),
    words_english=(
        ("We hereby declare that we are able to provide this service according to the service standard that was set."),
        "We serve according to our duties and will keep improving.",
        (
            "Should we not keep this promise, we are ready to receive sanctions and/or to give compensation according "
            "to the regulations in force."
        ),
    ),
)
