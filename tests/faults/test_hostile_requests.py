"""Requests as an attacker writes them, byte by byte, at the portal and at the sites."""

import socket
import ssl

import pytest

pytestmark = pytest.mark.real
END = "\r\n\r\n"


def exchange(port, request, *, name=None, authority=None):
    """Everything that is answered to these bytes; "" for a connection that is closed without a word."""
    data = request.encode("latin-1")
    with socket.create_connection(("127.0.0.1", port), 60) as plain:
        line = plain
        if name is not None:
            context = ssl.create_default_context(cafile=authority)
            context.check_hostname = False
            line = context.wrap_socket(plain, server_hostname=name or None)
        with line:
            line.settimeout(60)
            line.sendall(data)
            return read(line)


def read(line):
    answer = b""
    try:
        while part := line.recv(65536):
            answer += part
    except (ConnectionResetError, ssl.SSLError, TimeoutError):
        pass
    return answer.decode("latin-1")


def status(answer):
    return int(answer.split()[1]) if answer.startswith("HTTP/") else 0


# -- The portal


def portal(office, request):
    return exchange(office.stack.ports["portal"], request)


HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "localhost\0",
    "../../etc",
    "localhost/../x",
    "..",
    "[::1",
    "a b",
    "",
]


@pytest.mark.parametrize("host", HOSTS)
def test_portal_knows_only_its_own_name(office, host):
    answer = portal(office, f"GET /masuk/ HTTP/1.1\r\nHost: {host}\r\nConnection: close{END}")
    assert status(answer) in (0, 400)
    assert "kata sandi" not in answer.lower()


@pytest.mark.parametrize(
    ("request_line", "wished"),
    [
        ("GET /static/../../../../etc/passwd", {400, 404}),
        ("GET /static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", {400, 404}),
        ("GET /static//etc/passwd", {400, 404}),
        ("TRACE /masuk/", {400, 405}),
        ("POST /masuk/", {403}),
        ("GET /api/node/wish", {404}),
        ("GET /\0", {0, 400, 404}),
        ("GET /" + "a" * 100_000, {0, 400, 404, 414, 431}),
    ],
)
def test_portal_answers_with_a_plain_refusal(office, request_line, wished):
    name = f"localhost:{office.stack.ports['portal']}"
    answer = portal(office, f"{request_line} HTTP/1.1\r\nHost: {name}\r\nContent-Length: 0\r\nConnection: close{END}")
    assert status(answer) in wished
    assert "root:x:0" not in answer
    assert "Traceback" not in answer


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer x", "Bearer " + "A" * 8000, "Basic YTpi", "Bearer \0"])
def test_nodes_need_their_token(office, token):
    request = (
        f"GET /api/node/wish?wait=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\nConnection: close{END}"
    )
    assert status(exchange(office.stack.ports["nodes"], request)) in (0, 400, 401, 431)


# -- The sites


def site(office, witness, request, *, name=None):
    authority = office.machine.layout.hosting / "etc" / "ca.pem"
    sni = witness.spec.host if name is None else name
    return exchange(office.stack.ports["https"], request, name=sni, authority=str(authority))


def get(path, host, *more):
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
        + "".join(f"{line}\r\n" for line in more)
        + "Connection: close\r\n\r\n"
    )


def test_the_name_of_the_handshake_is_the_name_of_the_request(office, witness):
    assert status(site(office, witness, get("/", witness.spec.host))) == 200
    assert status(site(office, witness, get("/", witness.spec.host.upper()))) == 200
    for host in ("lain.panggon.test", "evil.example", f"x.{witness.spec.host}", f"{witness.spec.host}.evil.example"):
        answer = site(office, witness, get("/", host))
        assert (status(answer), "tetap ada" in answer) == (421, False)


@pytest.mark.parametrize("host", ["../sites", "a/b", "a\0b", "..", "[::1]", "", "a b", "a_b", "%2e%2e", "x" * 5000])
def test_what_is_no_host_name_becomes_no_path(office, witness, host):
    answer = site(office, witness, get("/", host))
    assert status(answer) in (0, 400, 414, 421)
    assert "tetap ada" not in answer


def test_two_names_in_one_request(office, witness):
    answer = site(office, witness, get("/", witness.spec.host, f"Host: {witness.spec.host}"))
    assert status(answer) == 400


@pytest.mark.parametrize("name", ["", "tidak-ada.panggon.test", "panggon.test", "localhost"])
def test_no_certificate_for_a_name_that_is_not_here(office, witness, name):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        site(office, witness, get("/", witness.spec.host), name=name)


@pytest.mark.parametrize(
    "path",
    [
        "/../site.json",
        "/%2e%2e/site.json",
        "/..%2fsite.json",
        "/..%2fprivate/database.ini",
        "/..;/private/database.ini",
        "/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/.panggon",
        "/.git/config",
        "/hidup.php%00.txt",
        "/hidup.phtml",
        "/tidak-ada.php",
        "/index.html/x.php",
        "/hidup.php/../../private/database.ini",
        "//private/database.ini",
        "/setelan.php.bak",
        "/setelan.php~",
        "/setelan.PHP",
        "/setelan.php_old",
        "/setelan.phtml",
    ],
)
def test_nothing_beside_public_is_served(office, witness, path):
    answer = site(office, witness, get(path, witness.spec.host))
    assert status(answer) in (400, 404)
    for secret in ("rahasia", "password =", "document_root", "root:x:0", "<?php"):
        assert secret not in answer


@pytest.mark.parametrize("token", ["", "x", "A" * 64, "../../etc/passwd"])
def test_proof_paths_are_not_for_visitors(office, witness, token):
    for path in ("/.well-known/panggon/site", "/.well-known/panggon/php"):
        answer = site(office, witness, get(path, witness.spec.host, f"X-Panggon-Proof: {token}"))
        assert (status(answer), witness.spec.site in answer) == (404, False)


def test_two_lengths_of_one_body(office, witness):
    more = ("Content-Length: 4", "Transfer-Encoding: chunked")
    request = get("/hidup.php", witness.spec.host, *more).replace("GET", "POST") + "0\r\n\r\n"
    assert status(site(office, witness, request)) == 400


def test_a_body_larger_than_the_site_may_take(office, witness):
    length = (witness.spec.limits.upload_mebibytes + 2) << 20
    request = get("/hidup.php", witness.spec.host, f"Content-Length: {length}").replace("GET", "POST")
    assert status(site(office, witness, request)) == 413


def test_plain_http_leads_only_to_names_that_are_here(office, witness):
    port = office.stack.ports["http"]
    answer = exchange(port, get("/x?y=1", witness.spec.host))
    assert status(answer) == 308
    assert f"Location: https://{witness.spec.host}:{office.stack.ports['https']}/x?y=1\r\n" in answer
    for host in ("evil.example", "../sites", "a\0b", ""):
        answer = exchange(port, get("/", host))
        assert (status(answer) in (400, 404), "Location" in answer) == (True, False)
    split = exchange(port, get("/%0d%0aSet-Cookie:%20a=b", witness.spec.host))
    assert "\r\nSet-Cookie" not in split
