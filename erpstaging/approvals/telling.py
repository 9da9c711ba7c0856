"""What services say, in the language of a page.

Services speak English, because their texts are stored and go over the wire. Where such a text is a sentence of this
list, a page says it in its own language; what somebody typed or the ERP sent stays as it is.
"""

import copy
import re
from functools import lru_cache

from django.utils.translation import get_language, gettext, gettext_noop

from erpstaging.approvals.naming import local
from erpstaging.core.errors import Refused

SENTENCES = (
    gettext_noop("It is filled in the form of the object: its sender takes it back, or reject it."),
    gettext_noop("Another export of a record was opened."),
    gettext_noop("%(name)s asked for it already; it waits for a second person."),
    gettext_noop("Send %(name)s to the ERP first, or link it."),
    gettext_noop("The ERP has sent no job costs of this project."),
    gettext_noop("Importing budgets is switched off."),
    gettext_noop("It was sent to the ERP; from then on the budget here leads."),
    gettext_noop("The budget is locked: unlock it first."),
    gettext_noop("The service failed at this row and decided nothing about it."),
    gettext_noop("%(name)s stopped the job before this row."),
    gettext_noop("At most %(count)s rows can be decided on in one job."),
    gettext_noop("All its rows are done already."),
    gettext_noop("%(name)s waits for an approver's decision."),
    gettext_noop("%(name)s is accepted and has not left yet."),
    gettext_noop("The ERP has not answered about %(name)s yet."),
    gettext_noop("%(name)s is being unlinked."),
    gettext_noop("Set the status to %(words)s."),
    gettext_noop("Status is %(words)s"),
    gettext_noop("Add a line."),
    gettext_noop("Has lines"),
    gettext_noop("Lines have cost codes of the ERP"),
    gettext_noop("Stands in the cost code list of the ERP"),
    gettext_noop("No lines on sub jobs"),
    gettext_noop("No revised estimates to send"),
    gettext_noop("Vendor is synced"),
    gettext_noop("Project is synced"),
    gettext_noop("Commitment is synced"),
    gettext_noop("Prime contract is synced"),
    gettext_noop("Choose the vendor."),
    gettext_noop("Choose the project."),
    gettext_noop("Choose the commitment."),
    gettext_noop("Choose the prime contract."),
    gettext_noop("Only codes of the ERP's own cost code list are sent; move it there."),
    gettext_noop("Take line %(places)s off its sub job: the ERP takes no sub job lines."),
    gettext_noop("Delete the %(count)s modifications that the ERP does not have: it takes no revisions."),
    gettext_noop("Choose a synced cost code and cost type on line %(places)s."),
    gettext_noop("The ERP refused some of the lines without a reason."),
    gettext_noop("An older attempt succeeded after a newer one was started."),
    gettext_noop("Rejected in the ERP without a reason."),
    gettext_noop("%(code)s is the code of another commitment already."),
    gettext_noop("You asked for it; somebody else has to confirm it."),
    gettext_noop("Its time is over; it has to be asked for again."),
    gettext_noop("The ERP has not sent its configuration yet. It was asked for it; try again later."),
    gettext_noop("This is your own work, or that of an account you answer for; somebody else has to decide."),
    gettext_noop("Say which version you decide on."),
    gettext_noop("%(name)s changed it in the meantime; the version is now %(version)s."),
    gettext_noop("needs at least %(count)s characters"),
    gettext_noop("is too long (maximum %(count)s characters)"),
    gettext_noop("is required"),
    gettext_noop("Asking for a deletion needs the privilege to push to accounting. Ask an ERP administrator."),
    gettext_noop("The integrator was asked already."),
    gettext_noop("can't be blank"),
    gettext_noop("Deciding on exports needs the privilege to push to accounting. Ask an ERP administrator."),
    gettext_noop("Only people decide, or rules they switched on."),
    gettext_noop("must be text of at most %(count)s characters"),
    gettext_noop("%(name)s rejected it."),
    gettext_noop("The undo time is over."),
    gettext_noop("The undo time is over. Unlink the vendor instead."),
    gettext_noop("does not exist"),
    gettext_noop("must be a date, or a time with its offset from UTC"),
    gettext_noop("must lie in the future, within a year"),
    gettext_noop("Another integration owns this origin ID."),
    gettext_noop("The object with this origin ID changed in the meantime."),
    gettext_noop("Importing needs the level Standard on the ERP tool. Ask an ERP administrator."),
    gettext_noop("A line is decided with its parent."),
    gettext_noop("The link does not stand any more."),
    gettext_noop("It was linked a moment ago: undo that, or wait until the undo time is over."),
    gettext_noop("%(name)s is already linked, to origin ID %(id)s."),
    gettext_noop("already linked, origin ID %(id)s"),
    gettext_noop("%(name)s is not active."),
    gettext_noop("%(name)s was sent to accounting in the meantime."),
    gettext_noop("It changed in the meantime; the version is now %(version)s."),
    gettext_noop("It is not linked."),
    gettext_noop("Another integration owns this record."),
    gettext_noop("Marking as synced needs the level Admin on the ERP tool. Ask an ERP administrator."),
    gettext_noop("Marking as synced needs the privilege to push to accounting too."),
    gettext_noop("It is linked to %(id)s already."),
    gettext_noop("Merging companies is a directory administrator's decision. Ask one."),
    gettext_noop("It was linked a moment ago; wait until that cannot be undone any more."),
    gettext_noop("Something began to name a merged company in the meantime."),
    gettext_noop("Muting a problem needs a role on the ERP tool. Ask an ERP administrator."),
    gettext_noop("None of its rows is failed any more."),
    gettext_noop("The problem is over."),
    gettext_noop("Refreshing a list needs the level Standard on the ERP tool. Ask an ERP administrator."),
    gettext_noop("The integration did not answer in time."),
    gettext_noop("%(name)s asked for it already; the integration has not answered yet."),
    gettext_noop("It is being refreshed already."),
    gettext_noop("The first day comes after the last."),
    gettext_noop("Resetting is a super user's act. Ask one."),
    gettext_noop("There are exports under way that have to end first: %(names)s."),
    gettext_noop("None of them is linked."),
    gettext_noop("Unlinking needs the privilege to push to accounting. Ask an ERP administrator."),
    gettext_noop("Unlinking contracts needs the admin level on the project tools too."),
    gettext_noop("Nothing changed since it was synced as %(id)s."),
    gettext_noop("It is synced as %(id)s already."),
    gettext_noop("You have no role on this company's projects. Ask a directory administrator."),
    gettext_noop("%(name)s changed it in the meantime."),
    gettext_noop("Waiting for an accounting approver. Retrieve it to change it."),
    gettext_noop("On its way to the ERP. It opens again when it is synced, rejected or retrieved."),
    gettext_noop("In the ERP."),
    gettext_noop("Linked to origin ID %(id)s."),
    gettext_noop("In the ERP. Unlink it to delete it."),
    gettext_noop("Linked to origin ID %(id)s. Unlink it to delete it."),
    gettext_noop("is already taken"),
    gettext_noop("is already the origin ID of another object"),
    gettext_noop("Only who sent it, or a project administrator, can take it back."),
    gettext_noop("It is not on its way to the ERP."),
    gettext_noop("must be text"),
    gettext_noop("must be a string"),
    gettext_noop("must be a number"),
    gettext_noop("must be a whole number"),
    gettext_noop("must be a plain decimal number"),
    gettext_noop("must be a date (YYYY-MM-DD)"),
    gettext_noop("must be true or false"),
    gettext_noop("is out of range"),
    gettext_noop("has more than %(count)s decimal places"),
    gettext_noop("has more than %(count)s digits before the decimal point"),
    gettext_noop("must not contain NUL characters"),
    gettext_noop("must be one of %(words)s"),
    gettext_noop("must be texts of 1 to %(count)s characters"),
    gettext_noop("must differ from each other"),
    gettext_noop("must be a whole number from 0"),
    gettext_noop("must begin with a letter and hold small letters, digits and _ only (at most 60)"),
    gettext_noop("The company has no ERP connection."),
    gettext_noop("%(name)s stored version %(version)s in the meantime."),
    gettext_noop("must start with https://"),
    gettext_noop("is not a valid URL"),
    gettext_noop("is in a network that hooks may not reach"),
    gettext_noop("is open already"),
    gettext_noop("must be a network such as 10.20.0.0/16, or one address"),
    gettext_noop("must lie in what the operator leaves to companies: %(networks)s"),
    gettext_noop("must say why, in %(count)s characters or more"),
    gettext_noop("must be later than from"),
    gettext_noop("Networks are opened by people with the ERP level Admin."),
    gettext_noop("Hooks are managed by people with the ERP level Admin and by integrations."),
    gettext_noop("The receiver took nothing in the whole retry time."),
    gettext_noop("They were discarded twelve hours after the first failure."),
    gettext_noop("The receiver refused for good."),
    gettext_noop("They failed in the whole retry time and wait for Resume."),
    gettext_noop("Too many failed attempts. Try again later."),
    gettext_noop("Not found."),
    gettext_noop("The database is busy with the same rows; nothing was changed. Try again."),
    gettext_noop("The overview is open to people with a role on the ERP tool. Ask an ERP administrator."),
    gettext_noop("The log is open to people with a role on the ERP tool. Ask an ERP administrator."),
    gettext_noop("Sending again needs the level Admin on the ERP tool. Ask an ERP administrator."),
    gettext_noop("There is no hook."),
    gettext_noop("Hooks are managed by people with the level Admin on the ERP tool. Ask one of them."),
    gettext_noop("Hooks are made by people with the level Admin on the ERP tool."),
    gettext_noop("The queue is open to people with a role on the ERP tool."),
    gettext_noop("Changing settings needs the level Admin on the ERP tool."),
    gettext_noop("is longer than %(count)s characters"),
    gettext_noop("Problems are open to people with a role on the ERP tool. Ask an ERP administrator."),
    gettext_noop("The queue is open to people with a role on the ERP tool. Ask an ERP administrator."),
    gettext_noop("The report is open to people with a role on the ERP tool. Ask an ERP administrator."),
    gettext_noop("Settings are open to ERP administrators. Ask one of them."),
    gettext_noop("%(name)s shares this filter; only he or an ERP administrator can change it."),
    gettext_noop("Filters are shared by people with a role on the ERP tool."),
    gettext_noop("cannot be added: there are %(count)s filters already; delete one first"),
    gettext_noop("is taken by another filter"),
    gettext_noop("no origin id received"),
    gettext_noop("cancelled the request before the integrator fetched it."),
)
_OR = re.compile(", | or ")
_PLACE = re.compile(r"%\((\w+)\)s")


def told_refusal(refusal: Refused) -> Refused:
    """The same refusal in the words of the page; what is stored of it is the given one."""
    said = copy.copy(refusal)
    said.message = told(refusal.message)
    said.errors = {name: [told(text) for text in texts] for name, texts in refusal.errors.items()}
    return said


def told(text: str) -> str:
    if not text or get_language() in (None, "en"):
        return text
    if text in SENTENCES:
        return gettext(text)
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return gettext(sentence) % {name: _said(name, value) for name, value in found.groupdict().items()}
    return text


def _said(name: str, value: str) -> str:
    """Names, numbers and what the ERP said stay; `words` are choices such as `approved or complete`."""
    return ", ".join(local(one[:1].upper() + one[1:]) for one in _OR.split(value)) if name == "words" else value


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """The sentences with places in them, those with more words of their own first."""
    placed = sorted((one for one in SENTENCES if _PLACE.search(one)), key=lambda one: -len(_PLACE.sub("", one)))
    return [(one, re.compile(_pattern(one), re.DOTALL)) for one in placed]


def _pattern(sentence: str) -> str:
    parts = _PLACE.split(sentence)  # words, name of a place, words, ...
    return "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
