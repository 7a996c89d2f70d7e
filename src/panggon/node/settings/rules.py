"""Rules of the members of settings: each gives the value, or raises ValueError with what it must be, in Indonesian."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from panggon.core.sites import outgoing
from panggon.core.sites.kinds import PROXY_TARGET
from panggon.core.sites.spec import HOST

Rule = Callable[[Any], Any]

# A Unix socket's path has at most 107 bytes (unix(7)); this is the longest name below `run`.
SOCKET_PATH_MOST = 107 - len("/mariadb/249/mysqld.sock")


def absolute_path(value: Any) -> Path:
    if not isinstance(value, str) or not Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValueError("harus alamat berkas lengkap, dimulai dengan /")
    return Path(value)


def short_path(value: Any) -> Path:
    path = absolute_path(value)
    if len(str(path).encode()) > SOCKET_PATH_MOST:
        raise ValueError(f"paling panjang {SOCKET_PATH_MOST} huruf, karena di dalamnya ada soket Unix")
    return path


def number(least: int, most: int) -> Rule:
    def rule(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"harus bilangan bulat dari {least} sampai {most}")
        return value

    return rule


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("harus true atau false")  # noqa: TRY004 -- a rule's one error
    return value


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("harus teks yang tidak kosong")
    return value


def host(value: Any) -> str:
    if not isinstance(value, str) or not HOST.fullmatch(value):
        raise ValueError("harus nama domain dengan huruf kecil, misalnya kota.example")
    return value


def address(*versions: int) -> Rule:
    def rule(value: Any) -> str:
        names = " atau ".join(f"IPv{version}" for version in versions)
        try:
            found = ipaddress.ip_address(value if isinstance(value, str) else "")
        except ValueError as error:
            raise ValueError(f"harus alamat {names}, bukan {value!r}") from error
        if found.version not in versions:
            raise ValueError(f"harus alamat {names}, bukan {value!r}")
        return str(found)

    return rule


def matching(pattern: re.Pattern[str], words: str) -> Rule:
    def rule(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"harus {words}")
        return value

    return rule


def choice(*choices: str) -> Rule:
    def rule(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"harus salah satu dari {', '.join(choices)}")
        return str(value)

    return rule


def target(value: Any) -> str:
    return str(outgoing.parse(text(value)))


def proxy_target(value: Any) -> str:
    if not isinstance(value, str) or not PROXY_TARGET.fullmatch(value):
        raise ValueError("harus alamat server seperti https://aplikasi.kota.example:8443, tanpa jalur")
    return value


def time_zone(value: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (ValueError, TypeError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("harus zona waktu seperti Asia/Jakarta") from error


# What members are

AbsolutePath = Annotated[Path, absolute_path]
ShortPath = Annotated[Path, short_path]
Text = Annotated[str, text]
Truth = Annotated[bool, truth]
Host = Annotated[str, host]
Address = Annotated[str, address(4, 6)]
Port = Annotated[int, number(1, 65535)]
Target = Annotated[str, target]
