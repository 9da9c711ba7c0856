"""The icons of static/approvals/icons.svg. Our own are drawn on a grid of 16 units, Tabler's on one of 24."""

OWN = frozenset({
    "box", "check", "chev", "clock", "conflict", "dots", "down", "half", "in", "invalid", "link", "minus", "out",
    "pause", "pencil", "plus", "return", "return-o", "right", "search", "snow", "sort", "spin", "theme", "uncertain",
    "unlinking", "update", "x", "xhalf",
})  # fmt: skip
