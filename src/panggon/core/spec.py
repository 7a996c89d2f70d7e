"""The site spec: everything that the portal may ask of a hosting machine, and nothing more.

The JSON form is versioned and documented in `docs/spec.md`; its schema is `schema/site-spec.v1.json`.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, NoReturn

from panggon.core import outgoing, site_kinds, site_tasks, timetable
from panggon.core.errors import Fault, InvalidError
from panggon.core.naming import host_faults
from panggon.core.site_kinds import Interface, PhpLimits, Profile, Proxy, PythonApplication, Redirect, SiteKind
from panggon.core.site_tasks import Runner, Task, dump_task

__all__ = [
    "Access",
    "Engine",
    "Interface",
    "Limits",
    "PhpLimits",
    "Profile",
    "Proxy",
    "PythonApplication",
    "Redirect",
    "Runner",
    "SiteKind",
    "SiteSpec",
    "SiteState",
    "Task",
    "bare_keys",
    "digestable",
    "dump",
    "dump_task",
    "parse",
    "parse_task",
]

VERSION = 1
SITE_ID = re.compile(r"s[0-9]{6}")
PHP_VERSION = re.compile(r"[78]\.[0-9]")
FINGERPRINT = re.compile(r"[A-Za-z0-9:+/=._-]{0,128}")
# RFC 1123 section 2.1 and RFC 1035 section 2.3.4, in lower case; at least two labels, none of them punycode, and the
# last one not a number (it would read as an address).
HOST = re.compile(
    r"(?=.{1,253}\Z)(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!xn--)[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
SSH_KEY_TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
SSH_KEYS_MOST = 20
HOSTS_MOST = 20
# A sentence for people: no control characters, among them line ends and marks that turn the direction of writing.
NOTICE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{0,300}")
BOUNDS: Mapping[str, tuple[int, int]] = {
    "generation": (1, 2_147_483_647),
    "memory_mebibytes": (64, 4096),
    "processes": (4, 256),
    "upload_mebibytes": (1, 1024),
    "database_connections": (1, 100),
    "hsts_seconds": (0, 63_072_000),
    "cpu_percent": (5, 800),
    "disk_mebibytes": (16, 1_048_576),
    "files": (1_000, 10_000_000),
    **site_kinds.BOUNDS,
    **site_tasks.BOUNDS,
}


class SiteState(StrEnum):
    """How far a site is open to the world (DESIGN: prepared, not open)."""

    PREPARED = "prepared"  # name, certificate and server exist and are proven; visitors see "sedang disiapkan"
    OPEN = "open"  # the site answers, its owner may come in
    SUSPENDED = "suspended"  # visitors read why; nothing of the site runs, its owner may come in and mend it
    QUARANTINED = "quarantined"  # visitors read that it is closed; nothing runs, nobody comes in, all is kept as it is
    PARKED = "parked"  # everything kept, nothing served, nobody let in, the names retired
    PURGED = "purged"  # nothing is left; there is no way back


class Engine(StrEnum):
    MARIADB = "mariadb"


@dataclass(frozen=True, slots=True)
class Limits:
    memory_mebibytes: int = 256
    processes: int = 32
    upload_mebibytes: int = 64
    database_connections: int = 20
    cpu_percent: int = 100
    disk_mebibytes: int = 1024
    files: int = 200_000


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in over SFTP once the site is open. The password's hash is not here: only its fingerprint."""

    ssh_keys: tuple[str, ...] = ()
    password_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One site as wished. `generation` grows with each wish, so that a proof can tell which one answered.

    `notice` tells the visitors of a suspended site why. `former_hosts` are names that it had: they lead to `host`.
    `retired_hosts` are names that it gave up: nothing of them is to be left.
    `python`, `redirect` and `proxy` are there for a site of that kind, `environment` is for programs of the
    site: names and values, sorted.
    """

    site: str
    host: str
    state: SiteState
    generation: int
    kind: SiteKind = SiteKind.PHP
    php_version: str = "8.2"
    profile: Profile = Profile.PLAIN
    database: Engine | None = None
    limits: Limits = Limits()
    access: Access = Access()
    tasks: tuple[Task, ...] = ()
    hsts_seconds: int = 0
    sends_mail: bool = False
    outgoing: str = outgoing.NONE
    notice: str = ""
    former_hosts: tuple[str, ...] = ()
    retired_hosts: tuple[str, ...] = ()
    php: PhpLimits = site_kinds.USUAL_PHP
    python: PythonApplication | None = None
    redirect: Redirect | None = None
    proxy: Proxy | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that the wish speaks of, the site's own first."""
        return (self.host, *self.former_hosts, *self.retired_hosts)


def _key_body(key_type: str) -> str:
    """The pattern of a key's base64 text. RFC 4253 section 6.6: the blob repeats the type, so its beginning is fixed
    and a text pasted behind the wrong type is seen.
    """
    name = len(key_type).to_bytes(4, "big") + key_type.encode()
    beginning = base64.b64encode(name[: len(name) // 3 * 3]).decode()
    return re.escape(key_type).replace(r"\-", "-") + " " + re.escape(beginning) + "[A-Za-z0-9+/]{20,1400}={0,2}"


# Options (`command=…`) and control characters have no place here; a comment may follow and is not kept.
SSH_KEY = re.compile(f"({'|'.join(map(_key_body, SSH_KEY_TYPES))})(?: [^\\x00-\\x1f\\x7f]{{0,255}})?")


def parse(document: object) -> SiteSpec:
    """The spec in a JSON document. Raises `InvalidError` with every fault, each with its field (`limits.processes`).

    Fields that are not known are refused: a newer portal must not believe that an old node did what it skipped.
    """
    version = document.get("version") if isinstance(document, Mapping) else None
    if isinstance(document, Mapping) and _number(version) != VERSION:
        raise InvalidError((Fault("spec.version", "version", {"version": version, "known": VERSION}),))
    spec: SiteSpec = _members(document, _spec)
    if len(set(spec.hosts)) < len(spec.hosts):
        raise InvalidError((Fault("spec.host_twice", "former_hosts"),))
    return spec


def dump(spec: SiteSpec) -> dict[str, Any]:
    """The JSON document of a spec; `parse` reads it back to the same value."""
    limits, access = spec.limits, spec.access
    return {
        "version": VERSION,
        "site": spec.site,
        "host": spec.host,
        "state": spec.state.value,
        "generation": spec.generation,
        "kind": spec.kind.value,
        "php_version": spec.php_version,
        "profile": spec.profile.value,
        "database": spec.database.value if spec.database else None,
        "limits": {
            "memory_mebibytes": limits.memory_mebibytes,
            "processes": limits.processes,
            "upload_mebibytes": limits.upload_mebibytes,
            "database_connections": limits.database_connections,
            "cpu_percent": limits.cpu_percent,
            "disk_mebibytes": limits.disk_mebibytes,
            "files": limits.files,
        },
        "access": {"ssh_keys": list(access.ssh_keys), "password_fingerprint": access.password_fingerprint},
        "tasks": list(map(dump_task, spec.tasks)),
        "hsts_seconds": spec.hsts_seconds,
        "sends_mail": spec.sends_mail,
        "outgoing": spec.outgoing,
        "notice": spec.notice,
        "former_hosts": list(spec.former_hosts),
        "retired_hosts": list(spec.retired_hosts),
        "php": asdict(spec.php),
        "python": asdict(spec.python) if spec.python else None,
        "redirect": asdict(spec.redirect) if spec.redirect else None,
        "proxy": asdict(spec.proxy) if spec.proxy else None,
        "environment": dict(spec.environment),
    }


def parse_task(document: object) -> Task:
    """Raises InvalidError with every fault."""
    task: Task = _members(document, _task)
    return task


def digestable(spec: SiteSpec) -> dict[str, Any]:
    """What a plan's digest covers: the document without the comments of keys, which change nothing on a machine."""
    return dump(replace(spec, access=replace(spec.access, ssh_keys=bare_keys(spec.access.ssh_keys))))


def bare_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Public keys as "type base64", without comments (they name people), each once."""
    return tuple(dict.fromkeys(" ".join(key.split()[:2]) for key in keys))


class _Fields:
    """The members of one JSON object, taken one by one; what is wrong with them is gathered."""

    def __init__(self, members: Mapping[str, object]) -> None:
        self._left = dict(members)
        self.faults: list[Fault] = []

    def need(self, name: str, rule: Callable[[object], Any]) -> Any:
        if name not in self._left:
            self.faults.append(Fault("spec.missing", name))
            return None
        return self.take(name, rule, None)

    def take(self, name: str, rule: Callable[[object], Any], default: Any) -> Any:
        if name not in self._left:
            return default
        try:
            return rule(self._left.pop(name))
        except InvalidError as error:
            self.faults += [replace(fault, field=f"{name}.{fault.field}".rstrip(".")) for fault in error.faults]
            return default

    def finish(self) -> None:
        self.faults += [Fault("spec.unknown", name) for name in self._left]
        if self.faults:
            raise InvalidError(tuple(self.faults))


def _members(document: object, build: Callable[[_Fields], Any]) -> Any:
    if not isinstance(document, Mapping):
        _refuse("spec.object")
    fields = _Fields(document)
    built = build(fields)
    fields.finish()
    return built


def _spec(fields: _Fields) -> SiteSpec:
    fields.need("version", _number)
    site = fields.need("site", _text(SITE_ID, "spec.site"))
    host = fields.need("host", _host)
    kind = fields.take("kind", _choice(SiteKind), SiteKind.PHP)
    former_hosts = fields.take("former_hosts", _hosts, ())
    return SiteSpec(
        site=site,
        host=host,
        state=fields.need("state", _choice(SiteState)),
        generation=fields.need("generation", _bounded("generation")),
        kind=kind,
        php_version=fields.take("php_version", _text(PHP_VERSION, "spec.php_version"), "8.2"),
        profile=fields.take("profile", _choice(Profile), Profile.PLAIN),
        database=fields.take("database", lambda value: None if value is None else _choice(Engine)(value), None),
        limits=fields.take("limits", lambda value: _members(value, _limits), Limits()),
        access=fields.take("access", lambda value: _members(value, _access), Access()),
        tasks=fields.take("tasks", _tasks, ()),
        hsts_seconds=fields.take("hsts_seconds", _bounded("hsts_seconds"), 0),
        sends_mail=fields.take("sends_mail", _truth, False),
        outgoing=fields.take("outgoing", _text(outgoing.NAME, "spec.outgoing"), outgoing.NONE),
        notice=fields.take("notice", _text(NOTICE, "spec.notice"), ""),
        former_hosts=former_hosts,
        retired_hosts=fields.take("retired_hosts", _hosts, ()),
        php=fields.take("php", lambda value: _members(value, _php), site_kinds.USUAL_PHP),
        python=_of_kind(fields, kind, SiteKind.PYTHON, _python),
        redirect=_of_kind(fields, kind, SiteKind.REDIRECT, lambda members: _redirect(members, (host, *former_hosts))),
        proxy=_of_kind(fields, kind, SiteKind.PROXY, _proxy),
        environment=fields.take("environment", _environment, ()),
    )


def _of_kind(fields: _Fields, kind: SiteKind, own: SiteKind, build: Callable[[_Fields], Any]) -> Any:
    """The member that says more about sites of this kind: an object for them, null or not there for others."""
    if kind is own:
        return fields.need(own.value, lambda value: _members(value, build))
    return fields.take(own.value, lambda value: None if value is None else _members(value, build), None)


def _limits(fields: _Fields) -> Limits:
    usual = Limits()
    return Limits(
        memory_mebibytes=fields.take("memory_mebibytes", _bounded("memory_mebibytes"), usual.memory_mebibytes),
        processes=fields.take("processes", _bounded("processes"), usual.processes),
        upload_mebibytes=fields.take("upload_mebibytes", _bounded("upload_mebibytes"), usual.upload_mebibytes),
        database_connections=fields.take(
            "database_connections", _bounded("database_connections"), usual.database_connections
        ),
        cpu_percent=fields.take("cpu_percent", _bounded("cpu_percent"), usual.cpu_percent),
        disk_mebibytes=fields.take("disk_mebibytes", _bounded("disk_mebibytes"), usual.disk_mebibytes),
        files=fields.take("files", _bounded("files"), usual.files),
    )


def _access(fields: _Fields) -> Access:
    return Access(
        ssh_keys=fields.take("ssh_keys", _ssh_keys, ()),
        password_fingerprint=fields.take("password_fingerprint", _text(FINGERPRINT, "spec.fingerprint"), ""),
    )


def _php(fields: _Fields) -> PhpLimits:
    usual = site_kinds.USUAL_PHP
    return PhpLimits(
        memory_mebibytes=fields.take("memory_mebibytes", _perhaps(_bounded("php.memory_mebibytes")), None),
        execution_seconds=fields.take("execution_seconds", _bounded("php.execution_seconds"), usual.execution_seconds),
        input_vars=fields.take("input_vars", _bounded("php.input_vars"), usual.input_vars),
        post_mebibytes=fields.take("post_mebibytes", _perhaps(_bounded("php.post_mebibytes")), None),
    )


def _python(fields: _Fields) -> PythonApplication:
    return PythonApplication(
        entry=fields.need("entry", _text(site_kinds.ENTRY, "spec.entry")),
        interface=fields.take("interface", _choice(Interface), Interface.WSGI),
    )


def _redirect(fields: _Fields, own: tuple[str | None, ...]) -> Redirect:
    """A site that leads to one of its own names would send visitors round for ever."""
    found = Redirect(
        target=fields.need("target", _text(site_kinds.REDIRECT_TARGET, "spec.target")),
        keep_path=fields.take("keep_path", _truth, True),
        permanent=fields.take("permanent", _truth, False),
    )
    if found.target and found.host in own:
        fields.faults.append(Fault("spec.redirect_loop", "target"))
    return found


def _proxy(fields: _Fields) -> Proxy:
    return Proxy(
        target=fields.need("target", _text(site_kinds.PROXY_TARGET, "spec.origin")),
        keep_host=fields.take("keep_host", _truth, True),
    )


def _environment(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or len(value) > site_kinds.VARIABLES_MOST:
        _refuse("spec.variables", most=site_kinds.VARIABLES_MOST)
    name_of, value_of = site_kinds.VARIABLE.fullmatch, site_kinds.VARIABLE_VALUE.fullmatch
    named = [Fault("spec.variable", str(name)) for name in value if not name_of(str(name))]
    said = [Fault("spec.variable_value", str(name)) for name, text in value.items() if not _is_text(text, value_of)]
    if named or said:
        raise InvalidError((*named, *said))
    return tuple(sorted(value.items()))


def _ssh_keys(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > SSH_KEYS_MOST:
        _refuse("spec.list", most=SSH_KEYS_MOST)
    bad = [index for index, key in enumerate(value) if not (isinstance(key, str) and SSH_KEY.fullmatch(key))]
    if bad:
        raise InvalidError(tuple(Fault("spec.ssh_key", str(index)) for index in bad))
    return bare_keys(tuple(value))


def _tasks(value: object) -> tuple[Task, ...]:
    if not isinstance(value, list | tuple) or len(value) > site_tasks.TASKS_MOST:
        _refuse("spec.list", most=site_tasks.TASKS_MOST)
    fields = _Fields({str(index): item for index, item in enumerate(value)})
    tasks = tuple(fields.take(str(index), parse_task, None) for index in range(len(value)))
    fields.finish()
    if len({task.name for task in tasks}) < len(tasks):
        _refuse("spec.task_names")
    return tasks


def _task(fields: _Fields) -> Task:
    return Task(
        name=fields.need("name", _text(site_tasks.TASK_NAME, "spec.task_name")),
        schedule=fields.need("schedule", _schedule),
        command=fields.need("command", _command),
        seconds=fields.take("seconds", _bounded("tasks.seconds"), 300),
    )


def _schedule(value: object) -> str:
    try:
        timetable.parse(value if isinstance(value, str) else "")
    except timetable.ScheduleError as error:
        _refuse(f"spec.schedule_{error}")
    return str(value)


def _command(value: object) -> tuple[str, ...]:
    words = tuple(value) if isinstance(value, list | tuple) else ()
    runner, script, *more = words if len(words) > 1 else ("", "")
    fits = isinstance(script, str) and site_tasks.TASK_SCRIPT.fullmatch(script) and runner in list(Runner)
    if not fits or len(words) > site_tasks.TASK_WORDS_MOST:
        _refuse("spec.command")
    if not all(isinstance(word, str) and site_tasks.TASK_WORD.fullmatch(word) for word in more):
        _refuse("spec.command")
    return words


def _host(value: object) -> str:
    if isinstance(value, str) and HOST.fullmatch(value):
        return value
    reasons = host_faults(value) if isinstance(value, str) else ()
    raise InvalidError(tuple(replace(fault, field="") for fault in reasons) or (Fault("spec.host"),))


def _hosts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > HOSTS_MOST:
        _refuse("spec.list", most=HOSTS_MOST)
    hosts = _Fields({str(index): host for index, host in enumerate(value)})
    found = tuple(hosts.need(str(index), _host) for index in range(len(value)))
    hosts.finish()
    return found


def _text(pattern: re.Pattern[str], code: str) -> Callable[[object], str]:
    def rule(value: object) -> str:
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            _refuse(code)
        return value

    return rule


def _is_text(value: object, matches: Callable[[str], object]) -> bool:
    return isinstance(value, str) and bool(matches(value))


def _perhaps(rule: Callable[[object], Any]) -> Callable[[object], Any]:
    """By the rule, or null for what the machine chooses."""
    return lambda value: None if value is None else rule(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        _refuse("spec.truth")
    return value


def _choice(choices: type[StrEnum]) -> Callable[[object], StrEnum]:
    def rule(value: object) -> StrEnum:
        if not (isinstance(value, str) and value in list(choices)):
            _refuse("spec.choice", choices=tuple(choices))
        return choices(value)

    return rule


def _bounded(name: str) -> Callable[[object], int]:
    least, most = BOUNDS[name]

    def rule(value: object) -> int:
        number = _number(value)
        if number is None or not least <= number <= most:
            _refuse("spec.bounds", least=least, most=most)
        return number

    return rule


def _number(value: object) -> int | None:
    """A whole number as JSON Schema means it: 1 and 1.0, but not true."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)


def _refuse(code: str, **facts: Any) -> NoReturn:
    raise InvalidError((Fault(code, "", facts),))
