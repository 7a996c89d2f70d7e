"""The service standard as the dinas published it: SK 060/040/III Tahun 2022, word for word."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    kind: str
    words: str
    address: str = ""


DECREE = "SK 060/040/III Tahun 2022"
REQUIREMENT = "Adanya Surat /Informasi pemberitahuan permohonan hosting"
COMPLETION = "2 Hari kerja"
FEE = "Tidak dipungut biaya"
STEPS = (
    "OPD selaku pengguna jaringan mengirimkan Surat permohonan hosting ke Diskominfo Kota Pekalongan",
    "Dinas Kominfo Menerima Surat permohonan hosting dan memberikan disposisi",
    "Bidang INS menerima dan menindaklanjuti disposisi Surat permohonan hosting ke petugas teknis",
    "Petugas Teknis melakukan verifikasi dan mengecek kelengkapan dokumen permohonan hosting",
    "Petugas teknis membuat domain, menyiapkan server untuk hosting dan melaporkan kepada kepala bidang.",
    "Petugas Kepala Bidang melaporkan dan meminta pengesahan data dokumen hosting Kepada Kepala Dinas",
    "Kepala Dinas mengesahkan dokumen hosting yang sudah dibuat",
    "Dinas Kominfo mengirimkan dokumen hak akses atas hosting (Dokumen) kepada OPD pemohon/pengguna",
    "OPD/pengguna menerima hak akses hosting (Dokumen) menerima dan bisa akses (Selesai)",
)
# The SK prints the e-mail address without its ending; the address of the city's own domain stands beside it.
CONTACTS = (
    Contact("Telepon", "(0285) 421243", "tel:+62285421243"),
    Contact("Telepon", "(0285) 420223", "tel:+62285420223"),
    Contact("Email", "diskominfo@pekalongankota.go.id", "mailto:diskominfo@pekalongankota.go.id"),
    Contact("Email menurut SK", "diskominfo@gafe.pekalongankota"),
    Contact("Website", "kominfo.pekalongankota.go.id", "http://kominfo.pekalongankota.go.id"),
    Contact("Twitter", "@pkl.diskominfo"),
    Contact("IG", "@pkl.diskominfo"),
    Contact("Pejabat Pengaduan", "Wawan Sugandi, A.Md — 0852 2683 3647", "tel:+6285226833647"),
    Contact("Datang langsung", "Jl. Mataram No. 5 Pekalongan Barat Kota Pekalongan 51111"),
)
COMPLAINT_STEPS = (
    "Pemohon menyampaikan pemberitahuan langsung kepada Dinas Kominfo",
    "Petugas merespon atas pemberitahuan pemohon sampai mendapatkan solusi",
    "Apabila petugas tidak dapat menyelesaikan masalah, maka pengaduan diteruskan ke Pejabat Dinas Kominfo",
    "Pejabat Kominfo menyelesaikan permasalahan sampai tuntas dan mendapatkan solusi.",
)
