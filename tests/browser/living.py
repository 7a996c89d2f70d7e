"""A site that went the nine steps over HTTP, for what happens to it afterwards."""

from typing import Any

from demo import steps
from demo.people import Person
from demo.steps import Course
from tests.stack import Stack


def carried_through(stack: Stack, people: dict[str, Person]) -> Course:
    """The case, which is over: its site is open, its owner's key installed, its pages uploaded."""
    settings = {
        "portal": stack.portal,
        "simulation": False,
        "ports": stack.ports,
        "sftp_host_key": str(stack.layout.sftp_host_key),
        "authority": str(stack.layout.hosting / "etc" / "ca.pem"),
        "keys": str(stack.layout.state / "keys"),
        "papers": str(stack.layout.papers),
    }
    course = Course(people, settings)
    steps.carry_through(course)
    assert [check for check in course.checks if not check.ok] == []
    return course


def session_of(person: Person) -> dict[str, Any]:
    """What a browser has to know to go on as this person, who has signed in."""
    common = {"domain": "localhost", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
    cookies = [{"name": name, "value": value, **common} for name, value in person.browser.cookies.items()]
    return {"cookies": cookies, "origins": []}
