"""The sweep of owed mails."""

from celery import shared_task

from erpstaging.core.doorbell import Doorbell
from erpstaging.notices.sending import send_due


@shared_task(name="erpstaging.notices.sweep", ignore_result=True)
def sweep() -> None:
    """Send what is due. A task message is only a hint to look at the database."""
    while send_due():
        pass


bell = Doorbell(sweep)
