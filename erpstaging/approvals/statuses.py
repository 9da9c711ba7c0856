"""The status set, which mails say too, under the name that the pages know it by."""

from erpstaging.core.statuses import LOOKS as LOOKS
from erpstaging.core.statuses import Status as Status
from erpstaging.core.statuses import StatusLook as StatusLook
from erpstaging.core.statuses import Tone as Tone
