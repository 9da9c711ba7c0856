"""Whether this process lives, and whether it can serve."""

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Not ready while the drain file lies there: a proxy then sends its calls elsewhere, and this server may be stopped
    without losing one. Nor is it before the database has been upgraded to its version.
    """
    if settings.DRAIN_FILE and Path(settings.DRAIN_FILE).exists():
        return JsonResponse({"status": "unavailable", "failed": ["draining"]}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        upgraded = _upgraded()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "failed": ["database"]}, status=503)
    if not upgraded:
        return JsonResponse({"status": "unavailable", "failed": ["migrations"]}, status=503)
    return JsonResponse({"status": "ok"})


def _upgraded() -> bool:
    """Whether all migrations of ours were applied. What was seen once is not looked at again."""
    if _missing:
        _missing.difference_update(MigrationRecorder(connection).applied_migrations())
    return not _missing


_missing = {
    (app.label, file.stem)
    for app in apps.get_app_configs()
    if app.name.startswith("erpstaging.")
    for file in Path(app.path, "migrations").glob("0*.py")
}
