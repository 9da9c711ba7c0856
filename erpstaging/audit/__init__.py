"""Who did what, from where: append-only, written in the transaction of what it tells."""
