"""A stand-in integrator with a ledger of its own. It speaks to a running server over HTTP only, as a stranger would."""
