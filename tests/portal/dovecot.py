"""A real mail server on loopback: Dovecot, into which mail is delivered over LMTP and from which it is fetched.

It runs below a folder of its own, on ports of its own, and ends with the process that it was started as.
"""

import os
import shutil
import smtplib
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from socket import create_connection

from imapclient import IMAPClient

from demo.ports import free_port
from tests.portal import certificates
from tests.waiting import until

ADDRESS, PASSWORD = "pengaduan@kota.example", "rahasia-surel"
CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <{ca}
ssl_key = <{ca}
mail_location = maildir:{base}/mail/%u
mail_uid = dovecot
mail_gid = dovecot
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={base}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class MailServer:
    base: Path
    ca: Path
    tls: int
    starttls: int
    lmtp: int
    process: "subprocess.Popen[bytes] | None" = None

    def deliver(self, *mails: "EmailMessage | bytes", sender: str = "rina@example.org") -> None:
        """As the city's mail server would: with the envelope's sender as Return-Path."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as client:
            for mail in mails:
                raw = mail if isinstance(mail, bytes) else mail.as_bytes()
                assert client.sendmail(sender, [ADDRESS], raw) == {}

    def use(self, settings, *, security: str = "tls") -> None:
        settings.PANGGON_IMAP_HOST = "localhost"
        settings.PANGGON_IMAP_SECURITY = security
        settings.PANGGON_IMAP_PORT = self.tls if security == "tls" else self.starttls
        settings.PANGGON_IMAP_CA, settings.PANGGON_IMAP_FOLDER = str(self.ca), "INBOX"
        settings.PANGGON_IMAP_USER, settings.PANGGON_IMAP_PASSWORD = ADDRESS, PASSWORD
        settings.PANGGON_IMAP_ADDRESS, settings.PANGGON_IMAP_AUTHSERV = ADDRESS, "mx.kota.example"

    @contextmanager
    def session(self) -> Iterator[IMAPClient]:
        """As the person who looks into the mailbox."""
        trusting = ssl.create_default_context(cafile=str(self.ca))
        with IMAPClient("localhost", self.tls, ssl_context=trusting) as client:
            client.login(ADDRESS, PASSWORD)
            client.select_folder("INBOX")
            yield client

    def empty(self) -> None:
        """Another mailbox, without a mail and numbered anew."""
        shutil.rmtree(self.base / "mail" / ADDRESS, ignore_errors=True)

    def start(self) -> None:
        argv = ["setpriv", "--pdeathsig", "TERM", "dovecot", "-F", "-c", str(self.base / "dovecot.conf")]
        said = (self.base / "said").open("ab")
        self.process = subprocess.Popen(argv, stdout=said, stderr=said)
        said.close()
        for port in (self.tls, self.starttls, self.lmtp):
            until(lambda port=port: self._answers(port), self._said(), seconds=20)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def _answers(self, port: int) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._said()
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    def _said(self) -> str:
        return "".join(file.read_text() for file in (self.base / "said", self.base / "dovecot.log") if file.exists())


@contextmanager
def running() -> Iterator[MailServer]:
    """Needs root: its processes run as Debian's users for them."""
    base = Path(tempfile.mkdtemp(prefix=f"panggon-mail-{os.getpid()}-"))
    base.chmod(0o755)
    server = MailServer(base, base / "server.pem", tls=free_port(), starttls=free_port(), lmtp=free_port())
    certificates.make(server.ca)
    (base / "mail").mkdir()
    shutil.chown(base / "mail", "dovecot", "dovecot")
    config = CONFIG.format(
        base=base, ca=server.ca, password=PASSWORD, tls=server.tls, starttls=server.starttls, lmtp=server.lmtp
    )
    (base / "dovecot.conf").write_text(config)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(base)
