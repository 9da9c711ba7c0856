"""How ids stand in addresses."""

from django.urls.converters import IntConverter

LARGEST_ID = 2**63 - 1


class WireId(IntConverter):
    """An id of the wire: up to 19 digits and 64 bits; everything else does not exist."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        found = int(value)
        if found > LARGEST_ID:
            raise ValueError("beyond 64 bits")
        return found
