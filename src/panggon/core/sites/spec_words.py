"""The faults of a spec in Indonesian, one sentence each, for the node's command line and the technician's page."""

from collections.abc import Callable, Mapping

from panggon.core.errors import Fault

_SENTENCES: Mapping[str, str] = {
    "spec.version": "versi {version} tidak dikenal; yang dikenal hanya versi {known}",
    "spec.object": "harus berupa objek JSON",
    "spec.missing": "wajib diisi",
    "spec.unknown": "tidak dikenal",
    "spec.site": "harus huruf s diikuti enam angka",
    "spec.host": "bukan nama host lengkap dalam huruf kecil tanpa “xn--”",
    "spec.host_twice": "nama yang sama hanya boleh disebut sekali dalam host, former_hosts, dan retired_hosts",
    "spec.notice": "harus satu kalimat dengan paling banyak 300 huruf, tanpa karakter kendali",
    "spec.choice": "harus salah satu dari: {choices}",
    "spec.bounds": "harus bilangan bulat dari {least} sampai {most}",
    "spec.php_version": "bukan versi PHP seperti 8.2",
    "spec.list": "harus daftar dengan paling banyak {most} isian",
    "spec.ssh_key": "bukan kunci publik SSH (“jenis base64”, tanpa opsi)",
    "spec.outgoing": "bukan nama aturan sambungan keluar (huruf kecil, angka, tanda hubung)",
    "spec.fingerprint": "bukan sidik hash kata sandi",
    "spec.truth": "harus true atau false",
    "spec.task_name": "harus nama huruf kecil, angka, dan tanda hubung, paling panjang 31",
    "spec.task_names": "menyebut satu nama tugas dua kali",
    "spec.command": "harus daftar: php, berkas di bawah public/ atau private/, lalu kata-kata untuknya",
    "spec.schedule_form": "bukan jadwal lima bagian dengan angka, misalnya */15 * * * *",
    "spec.schedule_never": "jadwal itu tidak pernah tiba",
    "spec.schedule_often": "tidak boleh lebih sering daripada setiap lima menit",
    "spec.entry": "bukan “modul:nama” dari aplikasi Python, misalnya situs.wsgi:application",
    "spec.target": "bukan alamat tujuan seperti https://dinas.kota.example/layanan, tanpa tanda tanya dan tanda pagar",
    "spec.origin": "bukan alamat server seperti https://aplikasi.kota.example:8443, tanpa jalur di belakangnya",
    "spec.redirect_loop": "mengarah ke situs ini sendiri",
    "spec.variables": "harus objek dengan paling banyak {most} nama",
    "spec.variable": "bukan nama variabel yang dapat dipakai (huruf besar, angka, garis bawah); nama milik sistem dan "
    "nama rahasia tidak diterima, karena rahasia disimpan di folder private",
    "spec.variable_value": "harus teks satu baris, paling panjang 1000 huruf",
    "host.empty": "belum diisi",
    "host.too_long": "terdiri atas {length} karakter; paling banyak {limit}",
    "host.bad_character": "memuat karakter yang tidak dapat dipakai: {characters}",
    "host.not_ascii": "memuat huruf yang mirip huruf Latin tetapi bukan: {characters}",
    "host.empty_label": "memuat bagian kosong di antara dua titik",
    "host.one_label": "harus terdiri atas sedikitnya dua bagian yang dipisahkan titik",
    "host.address": "tidak boleh berupa alamat angka",
    "host.label_too_long": "memuat bagian sepanjang {length} karakter; paling banyak {limit}",
    "host.outer_hyphen": "memuat bagian yang diawali atau diakhiri tanda hubung: {label}",
    "plan.version": "versi rencana tidak dikenal",
    "plan.shape": "bukan rencana yang utuh",
    "plan.digest": "tidak cocok dengan isi rencana; rencana telah diubah",
}


def words(fault: Fault) -> str:
    """`limits.processes: harus bilangan bulat dari 4 sampai 256.`"""
    return f"{fault.field or 'dokumen'}: {sentence(fault)}."


def sentence(fault: Fault, *, translated: Callable[[str], str] = str) -> str:
    """`harus bilangan bulat dari 4 sampai 256`; `translated` gives it in the reader's language, placeholders kept."""
    facts = {name: ", ".join(map(str, fact)) if isinstance(fact, tuple) else fact for name, fact in fault.facts.items()}
    return translated(_SENTENCES.get(fault.code, fault.code)).format_map(facts)
