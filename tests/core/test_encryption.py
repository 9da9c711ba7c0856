"""Values encrypted at rest."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from erpstaging.core.encryption import decrypt, encrypt, uses_first_key

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_value_comes_back_and_is_not_readable_meanwhile():
    stored = encrypt("whsec_c2VjcmV0")

    assert decrypt(stored) == "whsec_c2VjcmV0"
    assert "whsec" not in stored


def test_the_same_value_is_never_stored_alike():
    assert encrypt("same") != encrypt("same")


def test_the_first_key_encrypts_and_all_of_them_decrypt(settings):
    settings.FIELD_KEYS = [OLD]
    with_old = encrypt("value")
    settings.FIELD_KEYS = [NEW, OLD]
    with_new = encrypt("value")

    assert decrypt(with_old) == decrypt(with_new) == "value"
    assert (uses_first_key(with_old), uses_first_key(with_new)) == (False, True)


def test_values_of_before_any_key_was_given_stay_readable(settings):
    settings.FIELD_KEYS = []
    stored = encrypt("value")

    settings.FIELD_KEYS = [NEW]

    assert decrypt(stored) == "value"


def test_a_value_whose_key_is_gone_names_the_key_and_not_the_value(settings):
    settings.FIELD_KEYS = [OLD]
    stored = encrypt("value")
    settings.FIELD_KEYS = [NEW]

    with pytest.raises(ImproperlyConfigured, match=stored.partition(".")[0]):
        decrypt(stored)


def test_an_altered_value_is_refused():
    stored = encrypt("value")

    with pytest.raises(ImproperlyConfigured):
        decrypt(stored[:-4] + "AAAA")


def test_a_key_that_is_none_is_refused(settings):
    settings.FIELD_KEYS = ["too short"]

    with pytest.raises(ImproperlyConfigured, match="32 bytes"):
        encrypt("value")
