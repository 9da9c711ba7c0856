"""What differs between two JSON documents, by path."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One path with what stood there before and what stands there now, as JSON; None where there is nothing."""

    path: str
    before: str | None
    after: str | None


def differences(before: Any, after: Any) -> list[Difference]:
    """Every path that changed, came or went, in the order of the paths."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping) and tree:
        for name, inner in tree.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(tree, list) and tree:
        for place, inner in enumerate(tree):
            yield from _leaves(inner, f"{path}[{place}]")
    elif path:
        yield path, json.dumps(tree, ensure_ascii=False)
