"""The site spec as a JSON document, versioned: documented in `docs/spec.md`, with the schema
`schema/site-spec.v1.json`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from panggon.core.errors import Fault, InvalidError
from panggon.core.members import Fields, choice, is_text, members, perhaps, refuse, text, truth, whole_number
from panggon.core.naming import host_faults
from panggon.core.sites import kinds as site_kinds
from panggon.core.sites import outgoing, timetable
from panggon.core.sites import tasks as site_tasks
from panggon.core.sites.kinds import Interface, Profile, Proxy, PythonApplication, Redirect, SiteKind
from panggon.core.sites.limits import LIMITS, PHP_LIMITS, USUAL_LIMITS, USUAL_PHP, Limit, Limits, PhpLimits
from panggon.core.sites.spec import (
    BOUNDS,
    FINGERPRINT,
    HOST,
    HOST_MOST,
    HOSTS_MOST,
    NOTICE,
    PHP_VERSION,
    SITE_ID,
    SSH_KEY,
    SSH_KEYS_MOST,
    USUAL_PHP_VERSION,
    Access,
    Engine,
    SiteSpec,
    SiteState,
    bare_keys,
)
from panggon.core.sites.tasks import Runner, Task, dump_task

VERSION = 1


def parse(document: object) -> SiteSpec:
    """The spec in a JSON document. Raises `InvalidError` with every fault, each with its field (`limits.processes`).

    Fields that are not known are refused: a newer portal must not believe that an old node did what it skipped.
    """
    version = document.get("version") if isinstance(document, Mapping) else None
    if isinstance(document, Mapping) and whole_number(version) != VERSION:
        raise InvalidError((Fault("spec.version", "version", {"version": version, "known": VERSION}),))
    spec: SiteSpec = members(document, _spec)
    if len(set(spec.hosts)) < len(spec.hosts):
        raise InvalidError((Fault("spec.host_twice", "former_hosts"),))
    return spec


def dump(spec: SiteSpec) -> dict[str, Any]:
    """The JSON document of a spec; `parse` reads it back to the same value."""
    access = spec.access
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
        "limits": asdict(spec.limits),
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
        "database_key": spec.database_key,
    }


def parse_task(document: object) -> Task:
    """Raises InvalidError with every fault."""
    task: Task = members(document, _task)
    return task


def digestable(spec: SiteSpec) -> dict[str, Any]:
    """What a plan's digest covers: the document without the comments of keys, which change nothing on a machine."""
    return dump(replace(spec, access=replace(spec.access, ssh_keys=bare_keys(spec.access.ssh_keys))))


def _spec(fields: Fields) -> SiteSpec:
    fields.need("version", whole_number)
    site = fields.need("site", text(SITE_ID, "spec.site"))
    host = fields.need("host", _host)
    kind = fields.take("kind", choice(SiteKind), SiteKind.PHP)
    former_hosts = fields.take("former_hosts", _hosts, ())
    return SiteSpec(
        site=site,
        host=host,
        state=fields.need("state", choice(SiteState)),
        generation=fields.need("generation", _bounded("generation")),
        kind=kind,
        php_version=fields.take("php_version", text(PHP_VERSION, "spec.php_version"), USUAL_PHP_VERSION),
        profile=fields.take("profile", choice(Profile), Profile.PLAIN),
        database=fields.take("database", lambda value: None if value is None else choice(Engine)(value), None),
        limits=fields.take("limits", lambda value: members(value, _limits), USUAL_LIMITS),
        access=fields.take("access", lambda value: members(value, _access), Access()),
        tasks=fields.take("tasks", _tasks, ()),
        hsts_seconds=fields.take("hsts_seconds", _bounded("hsts_seconds"), 0),
        sends_mail=fields.take("sends_mail", truth, False),
        outgoing=fields.take("outgoing", text(outgoing.NAME, "spec.outgoing"), outgoing.NONE),
        notice=fields.take("notice", text(NOTICE, "spec.notice"), ""),
        former_hosts=former_hosts,
        retired_hosts=fields.take("retired_hosts", _hosts, ()),
        php=fields.take("php", lambda value: members(value, _php), USUAL_PHP),
        python=_of_kind(fields, kind, SiteKind.PYTHON, _python),
        redirect=_of_kind(fields, kind, SiteKind.REDIRECT, lambda members: _redirect(members, (host, *former_hosts))),
        proxy=_of_kind(fields, kind, SiteKind.PROXY, _proxy),
        environment=fields.take("environment", _environment, ()),
        database_key=fields.take("database_key", _bounded("database_key"), 0),
    )


def _of_kind(fields: Fields, kind: SiteKind, own: SiteKind, build: Callable[[Fields], Any]) -> Any:
    """The member that says more about sites of this kind: an object for them, null or not there for others."""
    if kind is own:
        return fields.need(own.value, lambda value: members(value, build))
    return fields.take(own.value, lambda value: None if value is None else members(value, build), None)


def _limits(fields: Fields) -> Limits:
    return Limits(**_amounts(fields, LIMITS))


def _php(fields: Fields) -> PhpLimits:
    return PhpLimits(**_amounts(fields, PHP_LIMITS, "php."))


def _amounts(fields: Fields, limits: Mapping[str, Limit], of: str = "") -> dict[str, Any]:
    return {name: fields.take(name, _amount(f"{of}{name}", limit), limit.usual) for name, limit in limits.items()}


def _amount(name: str, limit: Limit) -> Callable[[object], Any]:
    return _bounded(name) if limit.usual is not None else perhaps(_bounded(name))


def _access(fields: Fields) -> Access:
    return Access(
        ssh_keys=fields.take("ssh_keys", _ssh_keys, ()),
        password_fingerprint=fields.take("password_fingerprint", text(FINGERPRINT, "spec.fingerprint"), ""),
    )


def _python(fields: Fields) -> PythonApplication:
    return PythonApplication(
        entry=fields.need("entry", text(site_kinds.ENTRY, "spec.entry")),
        interface=fields.take("interface", choice(Interface), Interface.WSGI),
    )


def _redirect(fields: Fields, own: tuple[str | None, ...]) -> Redirect:
    """A site that leads to one of its own names would send visitors round for ever."""
    found = Redirect(
        target=fields.need("target", text(site_kinds.REDIRECT_TARGET, "spec.target")),
        keep_path=fields.take("keep_path", truth, True),
        permanent=fields.take("permanent", truth, False),
    )
    if found.target and found.host in own:
        fields.faults.append(Fault("spec.redirect_loop", "target"))
    return found


def _proxy(fields: Fields) -> Proxy:
    return Proxy(
        target=fields.need("target", text(site_kinds.PROXY_TARGET, "spec.origin")),
        keep_host=fields.take("keep_host", truth, True),
    )


def _environment(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or len(value) > site_kinds.VARIABLES_MOST:
        refuse("spec.variables", most=site_kinds.VARIABLES_MOST)
    name_of, value_of = site_kinds.VARIABLE.fullmatch, site_kinds.VARIABLE_VALUE.fullmatch
    named = [Fault("spec.variable", str(name)) for name in value if not name_of(str(name))]
    said = [Fault("spec.variable_value", str(name)) for name, text in value.items() if not is_text(text, value_of)]
    if named or said:
        raise InvalidError((*named, *said))
    return tuple(sorted(value.items()))


def _ssh_keys(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > SSH_KEYS_MOST:
        refuse("spec.list", most=SSH_KEYS_MOST)
    bad = [index for index, key in enumerate(value) if not (isinstance(key, str) and SSH_KEY.fullmatch(key))]
    if bad:
        raise InvalidError(tuple(Fault("spec.ssh_key", str(index)) for index in bad))
    return bare_keys(tuple(value))


def _tasks(value: object) -> tuple[Task, ...]:
    if not isinstance(value, list | tuple) or len(value) > site_tasks.TASKS_MOST:
        refuse("spec.list", most=site_tasks.TASKS_MOST)
    fields = Fields({str(index): item for index, item in enumerate(value)})
    tasks = tuple(fields.take(str(index), parse_task, None) for index in range(len(value)))
    fields.finish()
    if len({task.name for task in tasks}) < len(tasks):
        refuse("spec.task_names")
    return tasks


def _task(fields: Fields) -> Task:
    return Task(
        name=fields.need("name", text(site_tasks.TASK_NAME, "spec.task_name")),
        schedule=fields.need("schedule", _schedule),
        command=fields.need("command", _command),
        seconds=fields.take("seconds", _bounded("tasks.seconds"), 300),
    )


def _schedule(value: object) -> str:
    try:
        timetable.parse(value if isinstance(value, str) else "")
    except timetable.ScheduleError as error:
        refuse(f"spec.schedule_{error}")
    return str(value)


def _command(value: object) -> tuple[str, ...]:
    words = tuple(value) if isinstance(value, list | tuple) else ()
    runner, script, *more = words if len(words) > 1 else ("", "")
    fits = isinstance(script, str) and site_tasks.TASK_SCRIPT.fullmatch(script) and runner in list(Runner)
    if not fits or len(words) > site_tasks.TASK_WORDS_MOST:
        refuse("spec.command")
    if not all(isinstance(word, str) and site_tasks.TASK_WORD.fullmatch(word) for word in more):
        refuse("spec.command")
    return words


def _host(value: object) -> str:
    if isinstance(value, str) and HOST.fullmatch(value):
        if len(value) > HOST_MOST:
            refuse("host.too_long", length=len(value), limit=HOST_MOST)
        return value
    reasons = host_faults(value) if isinstance(value, str) else ()
    raise InvalidError(tuple(replace(fault, field="") for fault in reasons) or (Fault("spec.host"),))


def _hosts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > HOSTS_MOST:
        refuse("spec.list", most=HOSTS_MOST)
    hosts = Fields({str(index): host for index, host in enumerate(value)})
    found = tuple(hosts.need(str(index), _host) for index in range(len(value)))
    hosts.finish()
    return found


def _bounded(name: str) -> Callable[[object], int]:
    least, most = BOUNDS[name]

    def rule(value: object) -> int:
        number = whole_number(value)
        if number is None or not least <= number <= most:
            refuse("spec.bounds", least=least, most=most)
        return number

    return rule
