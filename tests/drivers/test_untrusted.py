"""What a site's programs say is taken for nothing but what it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Engine, Interface, PythonApplication, SiteKind, SiteSpec, SiteState
from panggon.drivers.nginx import visit
from panggon.drivers.nginx.visit import Answer, Door
from panggon.drivers.runtime import RuntimeDriver, Settings
from panggon.drivers.system import untrusted

SITE = "s900123"
PHP = SiteSpec(SITE, "a.example", SiteState.OPEN, 3, kind=SiteKind.PHP, php_version="8.2", database=Engine.MARIADB)
PYTHON = replace(PHP, kind=SiteKind.PYTHON, php_version="", python=PythonApplication("app:app", Interface.WSGI))
DEEP = b"[" * 100_000
NESTED = '{"a": ' * 500 + "1" + "}" * 500
HONEST = f'"site": "{SITE}", "uid": 3900123, "generation": 3'


@pytest.mark.parametrize("content", [DEEP, b'{"a":' * 100_000, b"", b"[1]", b"7", b"null", b"\xff\xfe", b"1" * 10_000])
def test_what_is_no_object_is_none_whatever_it_is(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        untrusted.document(content)


def test_an_object_is_one() -> None:
    assert untrusted.document(b'{"a": [1, "b"]}') == {"a": [1, "b"]}


def test_words_are_texts_and_numbers() -> None:
    assert untrusted.words(["a", 7, True, None, [], {}, 0.5]) == ("a", "7", "True", "?", "?", "?", "?")
    assert [untrusted.words(odd) for odd in (None, 5, "text", {"a": 1})] == [("?",)] * 4


@pytest.mark.parametrize("spec", [PHP, PYTHON], ids=lambda spec: spec.kind)
@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"site": "' + SITE.encode() + b'"}',
        f'{{{HONEST}, "foreign": 5, "process_owners": 7, "database": {{"databases": [1]}}}}'.encode(),
        f'{{{HONEST}, "foreign": [[]], "process_owners": [{{}}], "database": {{"databases": 1}}}}'.encode(),
        f'{{{HONEST}, "foreign": {NESTED}, "uid": {NESTED}, "database": {{"error": {NESTED}}}}}'.encode(),
        f'{{{HONEST}, "foreign": [], "process_owners": [], "shadow": false, "generation": {NESTED}}}'.encode(),
        f'{{{HONEST}, "foreign": null, "process_owners": null, "interface": [], "database": []}}'.encode(),
    ],
)
def test_a_proof_that_is_none_fails_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: SiteSpec, body: bytes
) -> None:
    class Token:
        def __enter__(self) -> dict[str, str]:
            return {}

        def __exit__(self, *_: object) -> None: ...

    def answered(*_: Any, **__: Any) -> Answer:
        return Answer(200, {}, body, None)

    monkeypatch.setattr(visit, "token", lambda *_, **__: Token())
    monkeypatch.setattr(visit, "get", answered)
    door = Door("127.0.0.1", 1, tmp_path / "ca.pem")
    driver = RuntimeDriver(Settings(tmp_path, tmp_path / "control", 3_000_000, door, sandboxed=True))
    checks = driver.probe(Key(Kind.RUNTIME, SITE), spec=spec)
    assert not all(check.ok for check in checks)
    assert driver.answers(spec) is False
