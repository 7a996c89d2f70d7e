"""A private OpenSSH server that offers nothing but SFTP into the jails of the sites."""

import base64
import hashlib
import re
import socket
import string
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panggon.drivers.system import files, shell
from panggon.node.servers import Server
from panggon.node.sockets.quota.full import GROUP_NAMES, GROUPS
from panggon.node.sockets.quota.usage import Excess

PROGRAM = "/usr/sbin/sshd"  # it insists on its absolute path
SAID = "panggon.node.supervision.said"  # each of its messages is one line of the log, whatever strangers write into it
PRIVILEGE_SEPARATION = Path("/run/sshd")  # built into Debian's sshd
NAME_SERVICES = Path("/etc/nsswitch.conf")
# Arguments: the own nsswitch.conf and list of groups, then the program. Where mounts of one's own cannot be had it goes
# without.
START = """names=$1 groups=$2; shift 2
if unshare --mount true
then exec unshare --mount --propagation slave sh -c '
  mount --bind "$0" /etc/nsswitch.conf; mount --bind "$1" /etc/group; shift; exec "$@"' "$names" "$groups" "$@"
fi
exec "$@"
"""
# Requests of SFTP that store something, and those that lead to content: sftp-server(8), -P.
STORING = ("write", "mkdir", "symlink", "hardlink", "copy-data")
DENIED = {Excess.SPACE: STORING, Excess.FILES: ("open", *STORING)}
# From here on it keeps whole addresses away for wrong passwords, of itself for up to ten minutes. Behind one address is
# a town hall, or thousands of a carrier's: what one client does that was set up wrongly must keep nobody else away, and
# who guesses many a second is away for a minute. Who only looks whether somebody is there (our own proofs do) guesses
# nothing.
PENALTIES_SINCE = (9, 8)
PENALTIES = "PerSourcePenalties authfail:1s noauth:0s min:30s max:60s\n"


@dataclass(frozen=True, slots=True)
class Settings:
    """`addresses` are listened on; `root` holds `sites/`, `etc` holds `keys/` and `probe-keys/`: all of root's, up to
    the file system's root, or sshd refuses them. `groups` is the list in which the holder of the sockets writes the
    sites that are full; here it is made.
    """

    addresses: tuple[str, ...]
    port: int
    root: Path
    etc: Path
    host_key: Path
    configuration: Path
    groups: Path
    log: Path

    @property
    def name_services(self) -> Path:
        return self.configuration.with_name("nsswitch.conf")


def prepare(settings: Settings) -> None:
    """Write the configuration; make the host key unless there is one (`<host_key>.pub` is for those who check it)."""
    files.directory(PRIVILEGE_SEPARATION)
    for folder in (settings.etc / "keys", settings.etc / "probe-keys", settings.configuration.parent):
        files.directory(folder)
    files.directory(settings.log.parent)
    files.directory(settings.host_key.parent)
    if not settings.host_key.exists():
        _make_host_key(settings.host_key)
    files.ensure(settings.configuration, _configuration(settings))
    files.ensure(settings.name_services, _name_services())
    if not settings.groups.exists():
        files.directory(settings.groups.parent)
        files.write(settings.groups, GROUPS.read_bytes())


def server(settings: Settings) -> Server:
    argv = (sys.executable, "-m", SAID, PROGRAM, "-D", "-e", "-f", str(settings.configuration))
    return Server(
        name="sshd",
        argv=("sh", "-c", START, "panggon-sshd", str(settings.name_services), str(settings.groups), *argv),
        log=settings.log,
        ready=lambda: _greets(settings.addresses[0], settings.port),
    )


def for_one_login(settings: Settings) -> tuple[str, ...]:
    """The command line of a server of this configuration for one login over its standard input and output. The
    machine's own proofs come in so: whoever fills the port with connections keeps no proof away, and the key of a proof
    is good nowhere else.
    """
    keys = f"AuthorizedKeysFile {settings.etc}/keys/%u {settings.etc}/probe-keys/%u"
    argv = (PROGRAM, "-i", "-f", str(settings.configuration), "-o", keys, "-E", "/dev/null")
    return ("sh", "-c", START, "panggon-sshd", str(settings.name_services), str(settings.groups), *argv)


def _configuration(settings: Settings) -> str:
    listen = "\n".join(f"ListenAddress {_bracketed(address)}:{settings.port}" for address in settings.addresses)
    return f"""{listen}
HostKey {settings.host_key}
PidFile none
LogLevel VERBOSE
UsePAM no

# Site ids only; without a directory below ChrootDirectory nobody gets further either.
AllowUsers {" ".join(f"s{digit}?????" for digit in string.digits)}
PermitRootLogin no
AuthorizedKeysFile {settings.etc}/keys/%u
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitEmptyPasswords no
MaxAuthTries 6
LoginGraceTime 30
# Before a login: ten at a time of one address, of IPv6 of one customer's network; nobody fills it with fewer than six.
MaxStartups 60:30:200
PerSourceMaxStartups 10
PerSourceNetBlockSize 32:48
{_penalties(_version())}MaxSessions 4
ClientAliveInterval 60
ClientAliveCountMax 3

# The jail's own directories decide who may enter, so files may be readable by all: a mode that depended on the
# inherited group of public/ would break with the first chmod by its owner.
ChrootDirectory {settings.root}/sites/%u
Subsystem sftp internal-sftp
ForceCommand internal-sftp -u 0022
DisableForwarding yes
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
{_of_full_sites()}"""


def _version() -> tuple[int, ...]:
    """The installed one's: it refuses a configuration with an option that it does not know."""
    told = shell.run([PROGRAM, "-V"])
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", told.output + told.errors)
    return tuple(map(int, found.groups())) if found else (0, 0)


def _penalties(version: tuple[int, ...]) -> str:
    return PENALTIES if version >= PENALTIES_SINCE else ""


def _of_full_sites() -> str:
    """An owner whose site stores too much reads and deletes, or only deletes (`sockets.quota.full`)."""
    return "".join(
        f"Match Group {name}\nForceCommand internal-sftp -u 0022 -P {','.join(DENIED[excess])}\n"
        for excess, name in GROUP_NAMES.items()
    )


def _name_services() -> str:
    """The machine's own, but for groups (nsswitch.conf(5), `group` and `initgroups`): a site's user has none besides
    its own and those of the list, and libnss-systemd looks through all of /etc/userdb for others, 5 to 12 ms each time
    with 5,000 sites.
    """
    lines = (files.read(NAME_SERVICES) or b"").decode().splitlines()
    kept = [line for line in lines if not line.startswith(("group:", "initgroups:"))]
    return "\n".join([*kept, "group: files", "initgroups: files"]) + "\n"


def fingerprint(settings: Settings) -> str:
    """The host key as `ssh` shows it at a first login, `SHA256:…`; empty where no key was made yet."""
    public = files.read(settings.host_key.with_name(f"{settings.host_key.name}.pub"))
    if public is None:
        return ""
    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _make_host_key(path: Path) -> None:
    """The public half first: whoever finds the private one finds both."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    files.write(path.with_name(f"{path.name}.pub"), public + b"\n")
    files.write(path, private, mode=0o600)


def _greets(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=2) as connection:
            return connection.recv(8) == b"SSH-2.0-"
    except OSError:
        return False


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
