"""Which sites store more than they may: root's mark for the next start of their programs, words for their owners, and
the list by which OpenSSH lets these owners read and delete only (`servers.sshd`).
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.drivers.file_systems import storage
from panggon.drivers.system import files, processes
from panggon.node.sockets.quota.usage import Excess
from panggon.node.sockets.settings import SocketSettings

NOTE = "PENUH.txt"
TOO_MUCH = {Excess.SPACE: "lebih banyak", Excess.FILES: "lebih banyak berkas"}
LEFT = {Excess.SPACE: "membaca dan menghapus berkas", Excess.FILES: "melihat daftar berkas dan menghapusnya"}
NOTE_WORDS = """Situs ini menyimpan {too_much} daripada yang diizinkan paketnya.
Situs tetap dapat dibaca, tetapi programnya tidak dapat menulis berkas sampai ada yang dihapus lewat SFTP.
Sampai saat itu SFTP hanya dapat {left}; sesudahnya sambungkan SFTP sekali lagi.
"""
GROUPS = Path("/etc/group")
# The groups of OpenSSH's own list, and their number: that of a user that no site has.
GROUP_NAMES = {Excess.SPACE: "panggon-full", Excess.FILES: "panggon-overfull"}

log = logging.getLogger(__name__)


class Full:
    def __init__(self, settings: SocketSettings) -> None:
        self._settings = settings
        self._since = {site: processes.clock() for site in settings.sites() if settings.full(site).exists()}
        self._tell_sftp()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._since))

    def since(self, site: str) -> int:
        """When it became so, or this process began (`processes.clock`); 0 when it is not full."""
        return self._since.get(site, 0)

    def of(self, site: str) -> Excess:
        mark = files.read(self._settings.full(site)) if site in self._since else None
        if mark is None:
            self._since.pop(site, None)
            return Excess.NOTHING
        return excess_of(mark)

    def set(self, site: str, excess: Excess) -> None:
        """What cannot be written down, because the disk is full, is found and tried again at the next count."""
        log.warning("%s: %s", site, f"stores too much: {excess.name}" if excess else "may store again")
        try:
            self._write(site, excess)
        except PanggonError as error:
            log.warning("%s: no mark: %s", site, error)
            return
        self._since[site] = processes.clock()
        self._tell_sftp()
        if excess:
            self._since[site] = processes.clock()  # once more: whoever came before may not have been told

    def _write(self, site: str, excess: Excess) -> None:
        mark, note = self._settings.full(site), self._settings.site(site) / "logs" / NOTE
        if excess:
            words = NOTE_WORDS.format(too_much=TOO_MUCH[excess], left=LEFT[excess])
            storage.write(note, words, mode=0o640, gid=self._settings.uid(site), durable=False)
            storage.write(mark, excess.name, durable=False)  # found anew by counting; a busy disk holds nobody up
        else:
            files.remove(mark)
            files.remove(note)

    def _tell_sftp(self) -> None:
        found = {site: self.of(site) for site in tuple(self)}
        members = {excess: [site for site in found if found[site] is excess] for excess in GROUP_NAMES}
        write_groups(self._settings.sftp_groups, members, first=self._settings.uid_base)


def excess_of(mark: bytes) -> Excess:
    """Any mark but that of too many files means space."""
    return Excess.FILES if mark == Excess.FILES.name.encode() else Excess.SPACE


def write_groups(path: Path, members: Mapping[Excess, list[str]], *, first: int) -> None:
    """The machine's own groups and these two. Written in place, not replaced: it is mounted over /etc/group for
    OpenSSH, and what is mounted is the file, not its name.
    """
    own = GROUPS.read_text().rstrip("\n").splitlines()
    own += [f"{name}:x:{first - excess}:{','.join(members.get(excess, []))}" for excess, name in GROUP_NAMES.items()]
    content = "".join(f"{line}\n" for line in own).encode()
    with suppress(FileNotFoundError):  # there is no SFTP here
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.pwrite(descriptor, content, 0)
            os.truncate(descriptor, len(content))
        finally:
            os.close(descriptor)
