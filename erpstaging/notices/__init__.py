"""Mails owed to people: a row in the caller's transaction, sent after it."""
