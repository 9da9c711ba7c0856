"""What integrators keep with us for themselves comes back as they sent it."""

import pytest

OPAQUE = {"rev": 4, "rate": 1.5, "nested": [{"tiny": 0.0001, "word": "ä"}, None, True]}


@pytest.mark.parametrize("sent", [OPAQUE, "{}", 7, 2.25, [1.5], None], ids=repr)
def test_staged_origin_data_is_returned_as_sent(integrator, connection, sent):
    vendor = {"item_type": "vendor", "origin_id": "CRED-1", "origin_data": sent, "data": {"name": "Brook"}}

    stored = integrator.post("staged_records", vendor).body

    assert stored["origin_data"] == sent
    assert integrator.get(f"staged_records/{stored['id']}").body["origin_data"] == sent


@pytest.mark.parametrize("sent", [OPAQUE, "{}", 2.25], ids=repr)
def test_external_origin_data_is_returned_as_sent(integrator, vendor, sent):
    update = {"item_type": "vendor", "item_id": vendor.pk, "origin_data": sent}

    (row,) = integrator.patch("external_data/sync", {"updates": [update]}).body["entities"]

    assert row["origin_data"] == sent
    assert integrator.get(f"external_data?item_id={vendor.pk}").body[0]["origin_data"] == sent


@pytest.mark.parametrize("sent", [OPAQUE, "{}", 2.25], ids=repr)
def test_origin_data_of_codes_is_returned_as_sent(integrator, connection, sent):
    code = {"name": "Subcontract", "csv_import_code": "S", "origin_id": "SUB", "origin_data": sent}

    for _ in ("created", "updated"):
        (entity,) = integrator.patch("line_item_types/sync", {"updates": [code]}).body["entities"]
        assert entity["origin_data"] == sent


@pytest.mark.parametrize("odd", [{"a": 1}, ["S"], True, 1.5, "x" * 256], ids=repr)
def test_an_odd_origin_code_is_an_error_of_its_element_alone(integrator, connection, odd):
    codes = [
        {"name": "Subcontract", "csv_import_code": "S", "origin_code": odd},
        {"name": "Material", "csv_import_code": "M", "origin_code": "M-1"},
    ]

    answer = integrator.patch("line_item_types/sync", {"updates": codes})

    assert answer.status == 200
    assert [entity["code"] for entity in answer.body["entities"]] == ["M"]
    assert list(answer.body["errors"][0]["errors"]) == ["origin_code"]


def test_unknown_keys_of_the_metadata_are_returned_as_sent(integrator, connection):
    document = {"settings": {"entities": {}, "of_theirs": OPAQUE}}

    answer = integrator.patch("erp_metadata_configuration", {"metadata": document})

    assert (answer.status, answer.body) == (200, {"metadata": document})
    assert integrator.get("erp_metadata_configuration").body == {"metadata": document}
