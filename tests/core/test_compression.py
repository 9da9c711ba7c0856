"""Who gets a compressed answer."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
GZIP = {"accept-encoding": "gzip"}


def test_a_page_is_compressed(client: Client) -> None:
    response = client.get("/accounts/login/", headers=GZIP)
    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]


def test_an_answer_of_the_api_is_not(client: Client) -> None:
    response = client.get("/api/errors", headers=GZIP)
    assert len(response.content) > 1000
    assert "Content-Encoding" not in response.headers
