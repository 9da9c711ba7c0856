"""The pages' views: each asks a service, and shows what it answered."""
