"""The endpoint that hooks call: it takes the id of a request, answers at once, and leaves the work to the program."""

import json
import queue
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BODY = 100_000


class Receiver:
    """Listens on an address until closed; the ids of requests arrive in `ids`, some of them twice."""

    def __init__(self, host: str, port: int) -> None:
        self.ids: queue.Queue[int] = queue.Queue()
        ids = self.ids

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                try:
                    event = json.loads(self.rfile.read(length)) if length <= MAX_BODY else {}
                    if not event.get("test"):
                        ids.put(int(event["resource_id"]))
                    self.send_response(HTTPStatus.NO_CONTENT)
                except (ValueError, KeyError, TypeError):
                    self.send_response(HTTPStatus.BAD_REQUEST)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Every call stands in the service's own log of deliveries."""

        self.server = ThreadingHTTPServer((host, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        host, port = self.server.server_address[:2]
        return f"http://{host!s}:{port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
