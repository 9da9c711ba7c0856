"""Exits with 0 when the web server in this container says that it can serve. It answers only to its own host's name."""

import http.client
import os
import sys
from urllib.parse import urlsplit

host = urlsplit(os.environ.get("ERPSTAGING_BASE_URL", "http://127.0.0.1:8000")).netloc
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("GRANIAN_PORT", "8000")), timeout=5)
try:
    connection.request("GET", "/readyz", headers={"Host": host})
    ready = connection.getresponse().status == http.HTTPStatus.OK
except OSError:
    ready = False
sys.exit(0 if ready else 1)
