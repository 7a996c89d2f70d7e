"""What the outside world can see of the site at each stage of its case. Each proof is made as a client would."""

import json
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dns.exception import DNSException

from demo.clients import SftpClient, ask_dns, ask_https, make_key
from demo.layout import REPOSITORY

EXAMPLE_SITE = REPOSITORY / "examples" / "site"


@dataclass(frozen=True)
class Proof:
    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Target:
    """The site as its papers name it, and where this demonstration's servers listen."""

    host: str
    site: str
    uid: int
    https_port: int
    dns_port: int
    sftp_port: int
    sftp_host_key: str
    authority: Path
    keys: Path

    def page(self, path: str) -> tuple[int, str]:
        answer = ask_https(self.host, path, address="127.0.0.1", port=self.https_port, authority=self.authority)
        return answer.status, answer.body

    def sftp(self, key: str) -> SftpClient:
        known_hosts = self.keys / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{self.sftp_port} {self.sftp_host_key}\n")
        return SftpClient("127.0.0.1", self.sftp_port, self.site, self.keys / key, known_hosts)


def before_approval(target: Target) -> list[Proof]:
    """Prepared, not open: the address answers with the waiting page, and nobody is let in."""
    return [
        _made("sebelum.dns_a", lambda: _records(target, target.host, "A", ["127.0.0.1"])),
        _made("sebelum.halaman_tunggu", lambda: _waiting(target)),
        _made("sebelum.sftp_menolak", lambda: _refused(target, "owner")),
    ]


def open_before_delivery(target: Target) -> list[Proof]:
    """After the approval the address is open; its owner has set no key yet, so SFTP still lets nobody in."""
    return [
        _made("dibuka.alamat", lambda: _no_longer_waiting(target)),
        _made("dibuka.sftp_menolak", lambda: _refused(target, "owner")),
    ]


def after_delivery(target: Target) -> list[Proof]:
    """The owner comes in, puts the site up, and the world sees it."""
    mark = secrets.token_hex(8)
    return [
        _made("dns.a", lambda: _records(target, target.host, "A", ["127.0.0.1"])),
        _made("dns.aaaa", lambda: _records(target, target.host, "AAAA", ["::1"])),
        _made("dns.tanda_pemilik", lambda: _records(target, f"_panggon.{target.host}", "TXT", [_mark(target)])),
        _made("dns.dnssec", lambda: _signed(target)),
        _made("sftp.pemilik", lambda: _upload(target, mark)),
        _made("sftp.terkurung", lambda: _jailed(target)),
        _made("sftp.orang_lain_ditolak", lambda: _refused(target, "stranger")),
        _made("https.sertifikat", lambda: _foreign_name_refused(target)),
        _made("https.isi", lambda: _content(target, mark)),
        _made("php.pengguna", lambda: _php(target, lambda seen: (seen["uid"] == target.uid, f"uid {seen['uid']}"))),
        _made("php.terpisah", lambda: _php(target, _sees_nobody)),
        _made("php.basis_data", lambda: _database(target, mark)),
    ]


# ------------------------------------------------------------------------------------------------------------------

Outcome = tuple[bool, str]


def _made(name: str, proof: Callable[[], Outcome]) -> Proof:
    """A proof that cannot even be tried did not hold; what stood in its way is what was seen."""
    try:
        ok, detail = proof()
    except (OSError, ValueError, KeyError, DNSException) as error:
        ok, detail = False, f"{type(error).__name__}: {error}"
    return Proof(name, ok, detail)


def _records(target: Target, name: str, kind: str, expected: list[str]) -> Outcome:
    seen = ask_dns("127.0.0.1", target.dns_port, name, kind)
    return seen == expected, f"{name} {kind} {' '.join(seen) or 'kosong'}"


def _mark(target: Target) -> str:
    """Whose the name is, and which records say that no mail comes from it."""
    return f'"site={target.site} with=dmarc,mx,spf"'


def _signed(target: Target) -> Outcome:
    seen = ask_dns("127.0.0.1", target.dns_port, target.host, "RRSIG")
    return any(record.startswith("A ") for record in seen), f"{len(seen)} tanda tangan DNSSEC"


def _waiting(target: Target) -> Outcome:
    status, body = target.page("/")
    return status == 503 and "sedang disiapkan" in body, f"HTTP {status}, halaman 'sedang disiapkan'"


def _no_longer_waiting(target: Target) -> Outcome:
    status, body = target.page("/")
    return status in (200, 403, 404) and "sedang disiapkan" not in body, f"HTTP {status}"


def _content(target: Target, mark: str) -> Outcome:
    status, body = target.page(f"/{mark}.html")
    return status == 200 and mark in body and "Layanan Dinas Sosial" in body, f"HTTP {status}, isi dari SFTP"


def _foreign_name_refused(target: Target) -> Outcome:
    """The chain holds for this name (every HTTPS proof checks that) and for no other name."""
    status, _ = target.page("/")
    try:
        ask_https(f"bukan-{target.host}", "/", address="127.0.0.1", port=target.https_port, authority=target.authority)
    except (ssl.SSLError, OSError) as error:
        return True, f"HTTP {status} dengan rantai sah; nama lain ditolak ({type(error).__name__})"
    return False, "nama lain juga mendapat sertifikat yang sah"


def _upload(target: Target, mark: str) -> Outcome:
    page = target.keys / f"{mark}.html"
    page.write_text((EXAMPLE_SITE / "index.html").read_text().replace("</body>", f"<p>{mark}</p></body>"))
    files = [EXAMPLE_SITE / "index.html", EXAMPLE_SITE / "buku-tamu.php", page]
    ok, words = target.sftp("owner").batch(*(f"put {file} /public/{file.name}" for file in files), "ls -1 /public")
    page.unlink()
    return ok and f"{mark}.html" in words, f"{len(files)} berkas diunggah" if ok else words.strip()


def _jailed(target: Target) -> Outcome:
    ok, words = target.sftp("owner").batch("ls -1 /")
    seen = {line.strip().strip("/") for line in words.splitlines() if line and not line.startswith("sftp>")}
    return ok and "public" in seen and not seen & {"etc", "srv", "usr", "home"}, f"terlihat: {', '.join(sorted(seen))}"


def _refused(target: Target, key: str) -> Outcome:
    if not (target.keys / key).exists():
        make_key(target.keys / key)
    ok, words = target.sftp(key).batch("pwd")
    return not ok and "Permission denied" in words, words.strip().split("@")[-1].splitlines()[
        0
    ] if not ok else "DITERIMA"


def _php(target: Target, judge: Callable[[dict[str, object]], Outcome], message: str = "halo") -> Outcome:
    status, body = target.page(f"/buku-tamu.php?pesan={message}")
    if status != 200:
        return False, f"HTTP {status}: {body[:200]}"
    return judge(json.loads(body))


def _sees_nobody(seen: dict[str, object]) -> Outcome:
    return seen["situs_lain"] == [] and seen["shadow"] == "tertutup", f"situs lain: {seen['situs_lain']}"


def _database(target: Target, mark: str) -> Outcome:
    def judge(seen: dict[str, object]) -> Outcome:
        return seen["pesan"] == mark and seen["basis_data"] == [target.site], f"basis data {seen['basis_data']}"

    return _php(target, judge, mark)
