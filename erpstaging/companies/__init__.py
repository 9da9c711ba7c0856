"""Companies, users, privileges, service accounts: who may act, and where."""
