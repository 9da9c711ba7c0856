"""A receiver that costs as little as it can: it says yes to every POST and remembers when which one came.

To a POST to `/hang` it says nothing at all.

`python -m tests.bench.sink` prints its port. `GET /arrivals` answers with [[monotonic seconds, resource id],
...] since the last `GET /reset`, `GET /count` with how many there are.
"""

import asyncio
import json
import sys
import time

YES = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
arrivals: list[tuple[float, bytes]] = []


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.unread = transport, b""

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while (end := self.unread.find(b"\r\n\r\n")) >= 0:
            head, rest = self.unread[:end], self.unread[end + 4 :]
            length = _length(head)
            if len(rest) < length:
                return
            body, self.unread = rest[:length], rest[length:]
            if not head.startswith(b"POST /hang"):
                self.transport.write(self.answer(head, body))

    def answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"POST"):
            arrivals.append((time.monotonic(), body))
            return YES
        if head.startswith(b"GET /reset"):
            arrivals.clear()
        told = [] if not head.startswith(b"GET /arrivals") else [(at, _resource(body)) for at, body in arrivals]
        text = json.dumps(len(arrivals) if head.startswith(b"GET /count") else told).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _resource(body: bytes) -> int | None:
    found = json.loads(body)
    return found.get("resource_id") if isinstance(found, dict) else None


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
