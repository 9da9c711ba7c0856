"""The calls an integrator makes, with the patience it needs: a token that expires, a server that restarts."""

import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import requests

from erpstaging.demo.fake_erp.faults import AnswerLost, Faults

TIMEOUT = 30
TRIES, FIRST_PAUSE, LONGEST_PAUSE = 12, 0.2, 10.0
PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
PAGE = 500


class CallFailed(Exception):
    """The server refused a call for good, or did not answer in the end."""


class Client:
    """One service account in one company of the server at `base_url`."""

    def __init__(self, base_url: str, company_id: int, client_id: str, client_secret: str, faults: Faults) -> None:
        self.base_url, self.company_id, self.faults = base_url.rstrip("/"), company_id, faults
        self.login = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self.session = requests.Session()
        self.session.headers["Procore-Company-Id"] = str(company_id)

    def erp_request(self, erp_request_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", self._nested(f"erp_requests/{erp_request_id}"))
        return found

    def newest_request_id(self) -> int:
        """0 where there is none yet."""
        found = self.call("GET", self._nested("erp_requests"), query={"per_page": 1})
        return int(found[0]["id"]) if found else 0

    def requests_after(self, erp_request_id: int) -> Iterator[dict[str, Any]]:
        """Requests that were opened later, newest first."""
        page = 1
        while True:
            rows = self.call("GET", self._nested("erp_requests"), query={"page": page, "per_page": PAGE})
            yield from (row for row in rows if row["id"] > erp_request_id)
            if len(rows) < PAGE or rows[-1]["id"] <= erp_request_id:
                return
            page += 1

    def open_details(self, **filters: int) -> Iterator[dict[str, Any]]:
        """Details in progress, newest first, walked page by page."""
        query = {"filters[status]": "in_progress", **{f"filters[{name}]": value for name, value in filters.items()}}
        page = 1
        while True:
            rows = self.call(
                "GET", self._nested("erp_request_details"), query={**query, "page": page, "per_page": PAGE}
            )
            yield from rows
            if len(rows) < PAGE:
                return
            page += 1

    def sync_external_data(self, updates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The elements that were refused."""
        answer = self.call("PATCH", self._nested("external_data/sync"), body={"updates": list(updates)})
        errors: list[dict[str, Any]] = answer["errors"]
        return errors

    def work(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> list[dict[str, Any]]:
        """A call of a company's flat route; the elements that were refused."""
        answer = self.call(method, f"/rest/v1.0/{path}", query={"company_id": self.company_id, **query}, body=body)
        errors: list[dict[str, Any]] = answer.get("errors", []) if isinstance(answer, dict) else []
        return errors

    def close_detail(self, detail_id: int, status: str, messages: Sequence[str] = ()) -> None:
        body = {"request_detail": {"status": status, "messages": list(messages)}}
        self.call("PATCH", self._nested(f"erp_request_details/{detail_id}"), body=body)

    def send_metadata(self, document: Mapping[str, Any]) -> None:
        self.call("PATCH", self._nested("erp_connections/metadata_configuration"), body={"metadata": dict(document)})

    def point_hook_at(self, destination_url: str, namespace: str) -> None:
        """One hook of our own with its trigger, moved where one stands already."""
        hooks, scope = "/rest/v1.0/webhooks/hooks", {"company_id": self.company_id}
        standing = self.call("GET", hooks, query={**scope, "namespace": namespace})
        hook = {"api_version": "v2", "namespace": namespace, "destination_url": destination_url, "profile": "durable"}
        if standing:
            self.call("PATCH", f"{hooks}/{standing[0]['id']}", body={**scope, "hook": hook})
            return
        made = self.call("POST", hooks, body={**scope, "hook": hook})
        trigger = {"resource_name": "ERP Requests", "event_type": "create"}
        self.call("POST", f"{hooks}/{made['id']}/triggers", body={**scope, "trigger": trigger})

    def wait_for_server(self, seconds: float) -> None:
        """Until it says that it can serve. Raises CallFailed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.session.get(f"{self.base_url}/readyz", timeout=TIMEOUT).ok:
                    return
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(FIRST_PAUSE)
        raise CallFailed(f"{self.base_url} does not answer.")

    def call(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """The decoded answer. Raises CallFailed."""
        pause = FIRST_PAUSE
        for _ in range(TRIES):
            try:
                return self._once(method, path, query, body)
            except (requests.ConnectionError, requests.Timeout, AnswerLost):
                time.sleep(pause)
            except _Later as later:
                time.sleep(max(pause, later.seconds))
            pause = min(pause * 2, LONGEST_PAUSE)
        raise CallFailed(f"{method} {path}: no answer after {TRIES} tries")

    def _once(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> Any:
        if "Authorization" not in self.session.headers:
            self._sign_in()
        answers = [self._send(method, path, query, body)]
        if method != "GET" and self.faults.repeats():
            answers.append(self._send(method, path, query, body))
        if method != "GET" and self.faults.loses_answer():
            raise AnswerLost
        answer = answers[-1]
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self.session.headers.pop("Authorization", None)
            raise _Later(0)
        if answer.status_code in PASSING:
            raise _Later(float(answer.headers.get("Retry-After", 0)))
        if method == "DELETE" and answer.status_code == HTTPStatus.NOT_FOUND:
            return None  # deleted already, by a call whose answer was lost
        if not answer.ok:
            raise CallFailed(f"{method} {path}: {answer.status_code} {answer.text[:400]}")
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> requests.Response:
        return self.session.request(method, self.base_url + path, params=query, json=body, timeout=TIMEOUT)

    def _sign_in(self) -> None:
        answer = self.session.post(f"{self.base_url}/oauth/token", data=self.login, timeout=TIMEOUT)
        if answer.status_code in PASSING:
            raise _Later(float(answer.headers.get("Retry-After", 1)))
        if not answer.ok:
            raise CallFailed(f"No token: {answer.status_code} {answer.text[:200]}")
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _nested(self, path: str) -> str:
        return f"/rest/v1.0/companies/{self.company_id}/{path}"


class _Later(Exception):
    """Try again, after so many seconds at least."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
