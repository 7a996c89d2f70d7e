"""A node's side of the wish interface, for the tests."""

import json

from django.test import Client
from django.utils import timezone

from panggon.sites import machines


class Agent:
    def __init__(self, token: str = "") -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {})

    def post(self, path: str, message) -> tuple[int, dict]:
        body = message if isinstance(message, str) else json.dumps(message)
        return self._read(self.client.post(f"/api/node/{path}", body, content_type="application/json"))

    def poll(self, wait: float = 0) -> tuple[int, dict]:
        return self._read(self.client.get(f"/api/node/wish?wait={wait}"))

    def _read(self, answer) -> tuple[int, dict]:
        return answer.status_code, json.loads(answer.content) if answer.content else {}


def enrolled(name: str = "node-2", **facts) -> Agent:
    code = machines.issue_code(name, at=timezone.now())
    status, answer = Agent().post("enroll", {"code": code, "name": name, "facts": facts})
    assert status == 200
    return Agent(answer["token"])
