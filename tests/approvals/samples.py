"""Hand-made values for every page, as the views fill them from queries."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from erpstaging.approvals.presenters import (
    Ask,
    Banner,
    Check,
    Choice,
    Decision,
    DecisionButton,
    Detail,
    Empty,
    FieldRow,
    Filter,
    Flag,
    FormField,
    FormGroup,
    FormLine,
    FormLines,
    Frame,
    Home,
    ItemList,
    ItemRow,
    LineRow,
    LineTable,
    Link,
    Money,
    News,
    Pager,
    Payload,
    Person,
    Place,
    Queue,
    QueueRow,
    RecordForm,
    RecordKind,
    ReturnedItem,
    StatusChip,
    Timeline,
    TimelineEntry,
    Toast,
    Totals,
    TypeTab,
    ViewLink,
)
from erpstaging.approvals.showing.dashboard import CauseBar, Dashboard, DayBar, Number, PassageRow, Stat, Tick, TypeRow
from erpstaging.approvals.showing.failure_facts import FailureFacts
from erpstaging.approvals.showing.problems import ProblemList, ProblemShown
from erpstaging.approvals.statuses import Status

QUEUE = "/c/1/queue/"
TOM, INES = Person("Tom Aldridge"), Person("Ines Duarte", you=True)
PRIYA, LENA = Person("Priya Nair"), Person("Lena Vogt")


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def ago(**parts: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**parts)


def accept(key: str, **more: Any) -> DecisionButton:
    values = {"act": "accept", "label": "Accept", "url": f"/acts/{key}/accept/", "version": 3, "key": "a"}
    return DecisionButton(**{**values, "weight": "primary", **more})


def reject(key: str, **more: Any) -> DecisionButton:
    values = {"act": "reject", "label": "Reject", "url": f"/acts/{key}/reject/", "key": "r", "icon": "return"}
    return DecisionButton(**{**values, "asks": "dialog", **more})


def hold(key: str) -> DecisionButton:
    return DecisionButton(
        act="hold", label="Hold", url=f"/acts/{key}/hold/", key="h", icon="pause", asks="dialog", weight="quiet"
    )


def views(current: str = "Ready to export") -> list[ViewLink]:
    rows = [
        ("Ready to import", "in", 58), ("Ready to export", "out", 41), ("Ready to update", "update", 6),
        ("On hold", "pause", 3), ("Exporting", "spin", 9), ("Failed to export", "x", 44), ("Conflicts", "conflict", 0),
        ("Rejected", "return", 7), ("Synced", "check", 18204), ("Archived", "box", 112),
    ]  # fmt: skip
    return [
        ViewLink(
            label=label, url=f"{QUEUE}?view={label.lower()}", icon=icon, count=number, hot=icon == "x",
            current=label == current,
        )
        for label, icon, number in rows
    ]  # fmt: skip


def frame(current: str = "Ready to export", **more: Any) -> Frame:
    values: dict[str, Any] = {
        "company": Link("Halden Civil", "/c/1/"),
        "person": INES,
        "companies": [Link("Halden Civil", "/c/1/"), Link("Northline Estates", "/c/2/")],
        "views": views(current),
        "work": [
            ViewLink(label="My items", url="/c/1/mine/", icon="mine", count=2, current=current == "My items"),
            ViewLink(label="Problems", url="/c/1/problems/", icon="problem", count=3),
            ViewLink(label="Overview", url="/c/1/overview/", icon="chart"),
        ],
        "operations": [
            ViewLink(label=label, url=f"/c/1/{label.lower()}/", icon=icon)
            for label, icon in (
                ("Files", "file"),
                ("Deliveries", "hook"),
                ("Reconcile", "recon"),
                ("Audit", "audit"),
                ("Settings", "settings"),
            )
        ],
        "search_url": QUEUE,
        "freshness": "Vendors synced 12 min ago by Nightly ERP, next 13:00",
        "sync": DecisionButton(act="sync", label="Sync now", url="/acts/sync/", icon="refresh"),
        "notices_url": "/c/1/notices/",
        "notices": 2,
    }
    return Frame(**{**values, **more})


def row(key: str, number: str, title: str, *, money: Money | None, hours: float, **more: Any) -> QueueRow:
    values: dict[str, Any] = {
        "url": f"/sample/detail/?of={number}",
        "status": StatusChip.of(Status.READY_TO_EXPORT),
        "icon": "commitment",
        "project": "Harbour Point",
        "company": "Calder Steel Erectors",
        "sender": TOM,
        "waiting_since": ago(hours=hours, minutes=3),
        "late": hours >= 48,
        "decisions": [accept(key), reject(key)],
        "more": [Link("Open", f"/sample/detail/?of={number}"), hold(key)],
    }
    return QueueRow(key=key, number=number, title=title, money=money, **{**values, **more})


ATTACHED = Flag("attach", "Attachment")
COMMENTED = Flag("comment", "Comment")
RESUBMITTED = Flag("return", "Resubmitted", strong=True)
AMOUNT_DIFFERS = Flag("diff", "Amount differs from last version", strong=True)
ONE_OF_TWO = StatusChip.of(Status.PARTLY_APPROVED, given=1, needed=2)


def accept_inputs(key: str = "export-6", **more: Any) -> Ask:
    values: dict[str, Any] = {
        "title": "Accept INV-2211",
        "say": "Two values are missing for INV-2211. They go to the ERP with the invoice.",
        "button": accept(key, version=2),
        "row": key,
        "fields": [
            FormField(name="transaction_date", label="Accounting date", kind="date", value="2026-11-20", required=True),
            FormField(name="ap_account", label="AP account", value="2110", required=True, suggestions=["2110", "2120"]),
        ],
        "note": "Last used for Riverside Clinic",
        "cancel_url": QUEUE,
        "hidden": [("next", QUEUE)],
    }
    return Ask(**{**values, **more})


def reject_reason(key: str = "", **more: Any) -> Ask:
    values: dict[str, Any] = {
        "title": "Reject SC-1042",
        "button": reject(key or "export-1", version=3, label="Reject and mail", asks=""),
        "row": key,
        "fields": [
            FormField(name="reason", label="Reason", kind="long_text", required=True),
            FormField(
                name="code",
                label="Code",
                kind="choice",
                choices=[Choice("", "none"), Choice("WRONG-RETAINAGE", "WRONG-RETAINAGE")],
            ),
        ],
        "note": "Tom Aldridge gets a mail at once.",
        "cancel_url": QUEUE,
        "hidden": [("next", QUEUE)],
    }
    return Ask(**{**values, **more})


def export_rows() -> list[QueueRow]:
    meridian = {"company": "Meridian Electrical", "project": "Riverside Clinic", "icon": "invoice", "sender": PRIYA}
    return [
        row("export-1", "SC-1042", "Structural steel, towers A and B", money=usd("1284500"), hours=74,
            flags=[RESUBMITTED, AMOUNT_DIFFERS, ATTACHED], current=True),
        row("export-2", "INV-2207", "September progress, level 4 to 6", money=usd("184320.55"), hours=50,
            icon="invoice", company="Oakfield Concrete", sender=PRIYA, flags=[ATTACHED]),
        row("export-3", "SC-0311", "Tiefbau und Verbau, Baugrube Ost", money=eur("2108440"), hours=30,
            status=ONE_OF_TWO, company="Brandt Tiefbau GmbH", project="A24 Viaduct", sender=LENA,
            flags=[ATTACHED, COMMENTED]),
        row("export-4", "V-0871", "Kestrel Roofing Ltd", money=None, hours=28, icon="vendor", project="Company level",
            company="", sender=Person("Sofia Reyes"), flags=[Flag("star", "First export of this company")]),
        row("export-5", "CCO-017", "Added shear plates, grid 4", money=usd("42180"), hours=22, icon="cco",
            flags=[ATTACHED], outcome="accepted by M. Bell, 10:42"),
        row("export-6", "INV-2211", "Rough-in, floors 2 and 3", money=usd("96740.12"), hours=21, **meridian,
            flags=[ATTACHED], selected=True, decisions=[accept("export-6", asks="below"), reject("export-6")],
            ask=accept_inputs()),
        row("export-7", "INV-2212", "Panel boards and feeders", money=usd("51288"), hours=21, **meridian,
            flags=[ATTACHED], selected=True),
        row("export-8", "SC-1048", "Curtain wall, podium to level 9", money=usd("3415900"), hours=20, status=ONE_OF_TWO,
            company="Pacific Glazing", flags=[ATTACHED, COMMENTED], changed=True),
        row("export-9", "DC-5520", "Crane hire, week 46", money=eur("18650"), hours=19, icon="direct",
            company="Vermeer Kraanverhuur B.V.", project="A24 Viaduct", sender=LENA),
        row("export-10", "CCO-021", "Delay credit, September", money=usd("-7350"), hours=19, icon="cco",
            company="Tri-County Drywall", project="Northgate School", sender=INES, flags=[AMOUNT_DIFFERS],
            decisions=[accept("export-10", why_not="You sent this item.", whom_to_ask=["Marcus Bell", "Sofia Reyes"]),
                       reject("export-10", why_not="You sent this item.", whom_to_ask=["Marcus Bell"])]),
        row("export-11", "INV-2214", "Mobilisation and site set-up", money=usd("62000"), hours=18, icon="invoice",
            company="Northline Excavation", project="Northgate School", flags=[ATTACHED]),
        row("export-12", "PO-2290", "Air handling units AHU-1 to 4", money=usd("412760"), hours=18,
            company="Sable Mechanical", project="Riverside Clinic", flags=[ATTACHED]),
        row("export-13", "INV-0442", "Situation n° 6, menuiseries", money=eur("73915.40"), hours=17, icon="invoice",
            company="Atelier Moreau", project="Quai 9 Offices", flags=[RESUBMITTED, ATTACHED]),
        row("export-14", "V-0874", "Lindqvist Fassaden AG", money=None, hours=16, icon="vendor", company="",
            project="Company level"),
    ]  # fmt: skip


def failed_rows() -> list[QueueRow]:
    def failed(key: str, number: str, title: str, amount: Money, message: str, **more: Any) -> QueueRow:
        retry = DecisionButton(
            act="retry", label="Retry", url=f"/acts/{key}/retry/", weight="primary", key="a", icon="refresh"
        )
        values = {
            "status": StatusChip.of(Status.FAILED),
            "icon": "invoice",
            "decisions": [retry],
            "more": [reject(key)],
        }
        late = more.get("status") == StatusChip.of(Status.STALE)
        answered_at = None if late else timezone.now() - dt.timedelta(minutes=40)
        said = [message, "The period was closed this morning. " * 4] if number == "INV-2160" else [message]
        values["failure"] = FailureFacts("period_closed", said, len(said) > 1, 2, answered_at)
        return row(key, number, title, money=amount, hours=5, messages=[message], **{**values, "late": late, **more})

    return [
        failed("export-21", "INV-2160", "September progress, level 2", usd("310000"),
               "Period 2026-10 is closed for HALDEN-01."),
        failed("export-22", "INV-2171", "Blockwork, core 1 and 2", usd("41760.25"),
               "2 of 9 lines refused: period is closed for NG-118.",
               status=StatusChip.of(Status.PARTIALLY_FAILED)),
        failed("export-23", "CCO-019", "Extra excavation at pier 7", eur("32360"),
               "No answer since 09:18. Last look-up 10:40: nothing found under CCO-019.",
               status=StatusChip.of(Status.STALE)),
    ]  # fmt: skip


def problems() -> ProblemList:
    shared: dict[str, Any] = {
        "kinds": "Subcontractor invoices", "first_at": timezone.now() - dt.timedelta(hours=3),
        "last_at": timezone.now() - dt.timedelta(minutes=4), "first_day": "2026-11-22", "last_day": "2027-11-21",
        "mute": DecisionButton(act="mute_problem", label="Mute", url="/acts/problem/mute/"),
        "retry": DecisionButton(act="retry_problem", label="Retry all 38", url="/acts/problem/retry/", icon="refresh"),
    }  # fmt: skip
    first = ProblemShown(
        id=1, count=38, tone="red", title="Accounting period 2026-10 is closed",
        explanation="The ERP refused these exports, each for the same reason.", code="period_closed",
        next_step="Put right in the ERP what it says, then retry.", sums=[usd("2318904.70"), eur("96480")],
        rows=failed_rows(), all_rows=Link("34 more rows", QUEUE), runbook="https://wiki.example/period", **shared,
    )  # fmt: skip
    second = ProblemShown(
        id=2, count=2, tone="amber", title="The integrator did not answer in time.", code="no_answer", next_step="",
        explanation="The integrator did not report back in time.", retrying="3 are being tried again",
        **{**shared, "retry": DecisionButton(act="retry_problem", label="Retry all 2", url="/", why_not="Not yours.")},
    )  # fmt: skip
    tabs = [
        TypeTab(label="Open", url="/sample/problems/", count=2, current=True),
        TypeTab(label="Muted", url="/sample/problems/", count=1),
    ]
    return ProblemList("2 causes, 40 exports", tabs, [first, second], nothing_waits())


def dashboard() -> Dashboard:
    def many(count: int) -> Number:
        return Number(count, QUEUE)

    days = [
        DayBar(f"{day} Nov 2026", many(day % 7), 30 + day * 14.0, 160 - day % 7 * 20.0, 10, day % 7 * 20.0,
               label="" if day % 7 else f"{day} Nov", today=day == 30)
        for day in range(1, 31)
    ]  # fmt: skip
    views = ["Ready to import", "Needs fixing", "Ready to export", "Ready to update", "On hold"]
    stats = [Stat(label, many(number), "oldest 3 d", many(2) if number else None)
             for number, label in enumerate(views)]  # fmt: skip
    return Dashboard(
        name="Halden Civil", stats=[*stats, Stat("Failed to export", many(44), "", None, Link("3 causes", QUEUE))],
        views=views, totals=[many(number) for number in range(5)],
        types=[TypeRow("Commitment change orders", [many(number) for number in range(5)], "3 d")],
        causes=[CauseBar("Accounting period 2026-10 is closed", many(38), 100), CauseBar("stale", many(2), 5)],
        more_causes=Link("1 more cause", QUEUE), days=days, ticks=[Tick(160, "0"), Tick(86, "3"), Tick(12, "6")],
        said="Objects synced per day", synced=many(88), since="1 Nov 2026",
        passages=[PassageRow("Commitments", many(12), "12 m", "3 h 40 m")],
    )  # fmt: skip


def type_tabs() -> list[TypeTab]:
    rows = [
        ("All", 41), ("Commitments", 12), ("Commitment change orders", 7), ("Subcontractor invoices", 14),
        ("Companies", 4), ("Direct costs", 3), ("Payments", 1), ("Jobs", 0), ("Cost codes", 0), ("Budgets", 0),
    ]  # fmt: skip
    return [
        TypeTab(label=label, url=f"{QUEUE}?item_type={label}", count=number, current=label == "All")
        for label, number in rows
    ]


def queue(**more: Any) -> Queue:
    values: dict[str, Any] = {
        "title": "Ready to export",
        "rows": export_rows(),
        "tabs": type_tabs(),
        "totals": Totals(41, sums=[usd("6711370.62"), eur("3932280.90")]),
        "pager": Pager("1 to 41", next_url=f"{QUEUE}?cursor=2"),
        "filters": [
            Filter("I can decide", remove_url=QUEUE),
            Filter("Waiting", remove_url=QUEUE, value="> 1 h"),
        ],
        "filter_url": QUEUE,
        "clear_url": QUEUE,
        "download_url": f"{QUEUE}?format=csv",
        "news": News(arrived=3, reload_url=QUEUE),
        "bulk": [DecisionButton(act="bulk_accept", label="Accept selected", url="/acts/bulk/")],
        "panel": panel(),
    }
    return Queue(**{**values, **more})


def contract_lines() -> LineTable:
    rows = [
        (1, "05-100", "Structural steel", "S", "Columns and primary beams", "412.5", "t", "1840", "759000", ""),
        (2, "05-100", "Structural steel", "S", "Secondary steel and bracing", "96", "t", "2165", "207840", ""),
        (3, "05-125", "Anchors", "M", "Base plates and anchors", "150", "ea", "846", "126900", "changed"),
        (4, "05-500", "Site work", "L", "Site welding", "1042", "h", "100", "104200", "changed"),
        (5, "05-050", "Coatings", "S", "Intumescent paint, 90 min", "3603", "m²", "20", "72060", ""),
        (6, "01-540", "Cranage", "E", "Crane mats, hire and set", "29", "ea", "500", "14500", "new"),
    ]
    return LineTable(
        rows=[
            LineRow(
                position=position, cost_code=code, cost_code_name=name, cost_type=kind, description=text,
                quantity=Decimal(quantity), unit=unit, unit_cost=Decimal(cost), amount=Decimal(amount), tag=tag,
                tag_tone="green" if tag == "new" else "blue",
            )
            for position, code, name, kind, text, quantity, unit, cost, amount, tag in rows
        ],
        total=usd("1284500"),
        further=[("Retainage 5 %", Decimal("64225"))],
    )  # fmt: skip


def payload() -> Payload:
    items = [
        {"id": 88100 + line.position, "line": line.position, "cost_code": line.cost_code, "cost_type": line.cost_type,
         "quantity": str(line.quantity), "uom": line.unit, "unit_cost": str(line.unit_cost), "amount": str(line.amount)}
        for line in contract_lines().rows
    ]  # fmt: skip
    return Payload(
        request_name="create_commitment",
        note="request that opens when you accept",
        data={
            "job_id": "HP-2026",
            "company_id": 9,
            "request_detail_id": None,
            "commitment": {
                "id": 60418, "type": "WorkOrderContract", "number": "SC-1042",
                "title": "Structural steel, towers A and B", "vendor_id": "V-0419", "status": "Approved",
                "executed": True, "execution_date": "2026-11-17", "retainage_percent": "5.0",
                "grand_total": "1284500.00", "custom_fields": {}, "attachments": [],
            },
            "commitment_items": items,
            "additional_data": {"accounting_date": "2026-11-20"},
        },
        size=2184,
        sha256="9f2c41e0" + "0" * 52 + "b7d3",
        same_as_version=3,
        typed=frozenset({"/additional_data/accounting_date"}),
        download_url="/sample/payload.json",
    )  # fmt: skip


def checks(*, failed: bool = False) -> list[Check]:
    texts = [
        "Vendor is synced", "Job has an ERP ID", "Title has at most 60 characters", "Every line has a cost code",
        "No cost code is a division", "Period 2026-11 is open", "You did not send or edit it",
    ]  # fmt: skip
    found = [Check(text=text, passed=True) for text in texts]
    if failed:
        found[0] = Check(
            text="Vendor is not synced",
            passed=False,
            how_to_fix="Link or export Calder Steel Erectors first.",
            fix=Link("Open the vendor", "/sample/detail/"),
            code="vendor_linked",
        )
        found[5] = Check(
            text="Period 2026-10 is closed",
            passed=False,
            how_to_fix="Choose a date from 1 November.",
            code="period_closed",
        )
    return found


def entry(number: int, actor: str, text: str, *, hours: float, **more: Any) -> TimelineEntry:
    return TimelineEntry(
        id=f"entry-{number}", at=ago(hours=hours), actor=actor, text=text, correlation_id=f"c-7Q2M9K{number}", **more
    )


def timeline() -> Timeline:
    return Timeline(
        entries=[
            entry(8, "Export rules", "checked version 3: 7 of 7 passed", hours=2, actor_kind="rule", icon="rule",
                  tone="green"),
            entry(7, "Tom Aldridge", "sent version 3, 1,284,500.00 USD, 4 changes since version 2", hours=2, icon="out",
                  tone="blue", quote="Retainage and cost code as asked. Welding hours after the site count, crane mats "
                  "added.", details="4 fields, 2 lines changed, 1 line added. Snapshot 9f2c41e0…b7d3."),
            entry(6, "Tom Aldridge", "attached CO-welding-hours.pdf, 212 KB", hours=3, icon="attach"),
            entry(5, "Ines Duarte", "rejected version 2, code WRONG-COST-CODE", hours=26, icon="return", tone="yellow",
                  quote="Retainage must be 5 %, line 3 has the wrong cost code.",
                  details="Pinned: retainage_percent, commitment_items/2/cost_code. Mailed: Tom Aldridge."),
            entry(4, "Marcus Bell", "approved version 2, step 1 of 2. Void since version 2 was rejected", hours=27,
                  icon="half", tone="blue"),
            entry(3, "Tom Aldridge", "sent version 2, 1,251,300.00 USD", hours=50, icon="out", tone="blue"),
            entry(2, "Tom Aldridge", "retrieved version 1 before a decision", hours=50, icon="return-o", tone="yellow"),
            entry(1, "Nightly ERP", "linked the vendor Calder Steel Erectors, origin ID V-0419", hours=53,
                  actor_kind="service account", icon="link"),
        ],
        kinds=[
            TypeTab(label=label, url=f"?kind={label}", current=label == "All")
            for label in ("All", "People", "Rules", "Integrator")
        ],
        zone="Europe/Berlin",
    )  # fmt: skip


def field_rows() -> list[FieldRow]:
    lock = "Locked since SC-1042 carries an origin ID."
    return [
        FieldRow(label="Number", value="SC-1042", copy=True),
        FieldRow(label="Title", value="Structural steel, towers A and B", lock=lock),
        FieldRow(label="Company", value=Link("Calder Steel Erectors", "/sample/detail/"), note="V-0419"),
        FieldRow(label="Status", value="Approved"),
        FieldRow(label="Retainage", value=Decimal("5"), note="%", tag="changed", tag_tone="blue"),
        FieldRow(label="Executed", value=True),
        FieldRow(label="Executed date", value=dt.date(2026, 11, 17)),
        FieldRow(label="Start", value=None),
        FieldRow(label="Contract sum", value=usd("1284500")),
        FieldRow(label="Last changed", value=ago(hours=2)),
        FieldRow(
            label="Description",
            value="Supply and erect structural steel to both towers, including site welding and crane mats.",
            long=True,
        ),
    ]


def facts() -> list[FieldRow]:
    return [
        FieldRow(label="Who has it", value=INES),
        FieldRow(label="Waiting", value="3 days", tag="limit 2 days", tag_tone="red"),
        FieldRow(label="Sent by", value=TOM),
        FieldRow(label="Company", value=Link("Calder Steel Erectors", "/sample/detail/")),
        FieldRow(label="Project", value=Link("Harbour Point", "/sample/detail/")),
        FieldRow(label="ERP job ID", value="HP-2026", copy=True),
        FieldRow(label="ERP ID", empty="none yet"),
        FieldRow(label="Version", value="3", note="of 3"),
        FieldRow(label="Kind", value="Subcontract"),
    ]


SECTIONS = (("fields", "Fields"), ("lines", "Lines"), ("payload", "What will be sent"), ("checks", "Checks"),
            ("timeline", "Timeline"))  # fmt: skip


def section_tabs(section: str) -> list[TypeTab]:
    counts = {"lines": 6, "checks": 7}
    return [
        TypeTab(label=label, url=f"/sample/detail/?tab={name}", count=counts.get(name), current=name == section)
        for name, label in SECTIONS
    ]


def decision(**more: Any) -> Decision:
    values: dict[str, Any] = {
        "say": "Accept version 3, 6 lines, 1,284,500.00 USD",
        "note": "Goes to Nightly ERP 10 s after you accept. All 7 checks passed.",
        "fields": [
            FormField(name="accounting_date", label="Accounting date", kind="date", value="2026-11-20", required=True)
        ],
        "buttons": [hold("export-1"), reject("export-1"), accept("export-1")],
    }
    return Decision(**{**values, **more})


def detail(section: str = "fields", **more: Any) -> Detail:
    values: dict[str, Any] = {
        "kind": "Commitment",
        "number": "SC-1042",
        "title": "Structural steel, towers A and B",
        "url": "/sample/detail/",
        "status": StatusChip.of(Status.READY_TO_EXPORT),
        "section": section,
        "place": Place(
            back=Link("Ready to export", QUEUE), name="SC-1042", position="1 of 41", next_url="/sample/detail/?of=2"
        ),
        "tabs": section_tabs(section),
        "flags": [RESUBMITTED],
        "money": usd("1284500"),
        "summary": "Calder Steel Erectors, Harbour Point. Waiting for you 3 days.",
        "facts": facts(),
        "checks": checks(),
        "fields": field_rows(),
        "lines": contract_lines(),
        "payload": payload(),
        "timeline": timeline(),
        "decision": decision(),
    }
    return Detail(**{**values, **more})


def panel() -> Detail:
    return detail(decision=decision(fields=[], buttons=[hold("export-1"), reject("export-1"), accept("export-1")]))


def blocked_detail() -> Detail:
    why = {"why_not": "2 checks fail.", "whom_to_ask": ["Tom Aldridge"]}
    return detail(
        "checks",
        checks=checks(failed=True),
        status=StatusChip.of(Status.FAILED),
        banners=[
            Banner(
                tone="red",
                icon="x",
                title="Nightly ERP refused it at 10:31.",
                items=["Period 2026-10 is closed for HALDEN-01.", "Vendor V-0419 is on payment hold."],
                code="period_closed",
                correlation_id="c-7Q4S0M",
            )
        ],
        decision=decision(
            say="This cannot be accepted yet",
            note="2 of 7 checks fail.",
            fields=[],
            buttons=[hold("export-1"), reject("export-1"), accept("export-1", **why)],
        ),
    )


def item(key: str, number: str, title: str, *, status: StatusChip, money: Money | None, **more: Any) -> ItemRow:
    values: dict[str, Any] = {"icon": "commitment", "who_has_it": Person("Ines Duarte"), "since": ago(hours=2.1)}
    return ItemRow(
        key=key, number=number, title=title, status=status, money=money, url="/sample/detail/", **{**values, **more}
    )


def under_way() -> list[ItemRow]:
    def retrieve(key: str) -> DecisionButton:
        return DecisionButton(act="retrieve", label="Retrieve", url=f"/acts/{key}/retrieve/")

    return [
        item("record-1", "SC-1051", "Roofing and flashings", money=usd("286200"),
             status=StatusChip.of(Status.READY_TO_EXPORT), next_step="Waits for accounting",
             decisions=[retrieve("record-1")]),
        item("record-2", "SC-1048", "Curtain wall, podium to level 9", money=usd("3415900"), status=ONE_OF_TWO,
             who_has_it=Person("Marcus Bell"), next_step="Needs a second approval", decisions=[retrieve("record-2")]),
        item("record-3", "CCO-017", "Added shear plates, grid 4", money=usd("42180"), icon="cco",
             status=StatusChip.of(Status.EXPORTING, since=ago(seconds=42)), who_has_it=Person("Nightly ERP"),
             next_step="Nightly ERP writes it", since=ago(minutes=1, seconds=2),
             open_link=Link("Open", "/sample/detail/")),
        item("record-4", "CCO-025", "Roof hatch, extra", money=usd("4310"), icon="cco",
             status=StatusChip.of(Status.WAITING_FOR_PARENT), who_has_it=Person("Tom Aldridge", you=True),
             next_step="Wait until SC-1051 is synced", open_link=Link("Open", "/sample/detail/")),
        item("record-5", "INV-2201", "Retainage release, level 1", money=usd("18400"), icon="invoice",
             status=StatusChip.of(Status.ON_HOLD), who_has_it=Person("Sofia Reyes"), next_step="Parked until 24 Nov",
             since=ago(days=4), open_link=Link("Open", "/sample/detail/")),
        item("record-6", "DC-5530", "Night shift lighting", money=usd("1120"), icon="direct",
             status=StatusChip.of(Status.DRAFT), who_has_it=Person("Tom Aldridge", you=True),
             next_step="Send it when it is complete", open_link=Link("Edit", "/sample/form/")),
        item("record-7", "SC-1037", "Pile caps and ground beams", money=usd("918000"),
             status=StatusChip.of(Status.SYNCED), who_has_it=None, next_step="Done, ERP ID 4500-1180",
             since=ago(days=3, hours=1), open_link=Link("Open", "/sample/detail/")),
    ]  # fmt: skip


def returned() -> ReturnedItem:
    return ReturnedItem(
        row=item(
            "record-9",
            "SC-1042",
            "Structural steel, towers A and B",
            money=usd("1251300"),
            status=StatusChip.of(Status.REJECTED),
            next_step="2 pinned fields. Nothing is sent before you press Send again.",
        ),
        by=Person("Ines Duarte"),
        at=ago(hours=26),
        reason="Retainage must be 5 %, line 3 has the wrong cost code. The rest is fine.",
        code="WRONG-COST-CODE",
        pins=[
            ("Retainage", "Must be 5 % under the framework contract."),
            ("Line 3, cost code", "Anchors belong to 05-125."),
        ],
        edit=Link("Edit and send again", "/sample/form/"),
    )


def items(**more: Any) -> ItemList:
    values: dict[str, Any] = {
        "title": "My items",
        "lead": "1 comes back to you, 7 are on their way",
        "returned": [returned()],
        "rows": under_way(),
        "heading": "On their way",
        "totals": Totals(7),
        "new": [Link("Subcontract", "/sample/form/"), Link("Vendor", "/sample/form/")],
    }
    return ItemList(**{**values, **more})


def home() -> Home:
    return Home(
        returned=[returned()],
        under_way=under_way()[:4],
        all_items=Link("All 7 items", "/c/1/mine/"),
        kinds=[
            RecordKind(label="Subcontracts", url="/c/1/records/?item_type=work_order_contract", icon="commitment",
                       count=57, text="Contracts with their lines", new=Link("New", "/sample/form/")),
            RecordKind(label="Companies", url="/c/1/records/?item_type=vendor", icon="vendor", count=412,
                       text="Vendors and subcontractors", new=Link("New", "/sample/form/")),
            RecordKind(label="Cost codes", url="/c/1/records/?item_type=cost_code", icon="code", count=1290,
                       text="Kept by Nightly ERP"),
        ],
    )  # fmt: skip


def line_fields(prefix: str, values: Sequence[str], **more: Any) -> list[FormField]:
    code, kind, description, quantity, unit, cost = values
    codes = [Choice("05-100", "05-100 Structural steel"), Choice("05-120", "05-120 Plates"), Choice("05-500", "05-500")]
    kinds = [Choice("S", "S"), Choice("M", "M"), Choice("L", "L")]
    return [
        FormField(name=f"{prefix}-cost_code", label="Cost code", kind="choice", value=code, choices=codes, **more),
        FormField(name=f"{prefix}-cost_type", label="Type", kind="choice", value=kind, choices=kinds),
        FormField(name=f"{prefix}-description", label="Description", value=description),
        FormField(name=f"{prefix}-quantity", label="Quantity", kind="number", value=quantity),
        FormField(name=f"{prefix}-unit", label="Unit", value=unit),
        FormField(name=f"{prefix}-unit_cost", label="Unit cost", kind="number", value=cost),
    ]


def form_lines() -> FormLines:
    def line(index: int, values: Sequence[str], amount: str, **more: Any) -> FormLine:
        prefix = f"line_items-{index}"
        return FormLine(
            prefix=prefix,
            position=index + 1,
            id=500 + index,
            amount=Decimal(amount),
            fields=line_fields(prefix, values, **more),
        )

    return FormLines(
        columns=["Cost code", "Type", "Description", "Quantity", "Unit", "Unit cost"],
        rows=[
            line(0, ("05-100", "S", "Columns and primary beams", "412.5", "t", "1840.00"), "759000"),
            line(1, ("05-100", "S", "Secondary steel and bracing", "96", "t", "2165.00"), "207840"),
            line(2, ("05-120", "M", "Base plates and anchors", "148", "ea", "800.00"), "118400",
                 pin="Anchors belong to 05-125."),
            line(3, ("05-500", "L", "Site welding", "940", "h", ""), "0", errors=["can't be blank"]),
        ],
        total=usd("1251300"),
        blank=FormLine(prefix="line_items-__n__", position=0,
                       fields=line_fields("line_items-__n__", ("", "", "", "", "", ""))),
    )  # fmt: skip


def contract_form(**more: Any) -> RecordForm:
    values: dict[str, Any] = {
        "title": "Structural steel, towers A and B",
        "kind": "Subcontract SC-1042",
        "status": StatusChip.of(Status.REJECTED),
        "place": Place(back=Link("My items", "/c/1/mine/"), name="SC-1042"),
        "money": usd("1251300"),
        "returned": returned(),
        "version": 4,
        "groups": [
            FormGroup(
                fields=[
                    FormField(name="number", label="Number", value="SC-1042", required=True),
                    FormField(name="title", label="Title", value="Structural steel, towers A and B", required=True,
                              errors=["is too long (maximum 30 characters)"]),
                    FormField(name="vendor_id", label="Company", kind="choice", value="419", required=True,
                              choices=[Choice("419", "Calder Steel Erectors")]),
                    FormField(name="status", label="Status", kind="choice", value="Approved",
                              choices=[Choice("Draft", "Draft"), Choice("Approved", "Approved")]),
                    FormField(name="retainage_percent", label="Retainage %", kind="number", value="10",
                              pin="Must be 5 % under the framework contract."),
                    FormField(name="execution_date", label="Executed date", kind="date"),
                    FormField(name="executed", label="Executed", kind="boolean", value="true"),
                    FormField(name="description", label="Description", kind="long_text",
                              value="Supply and erect structural steel to both towers."),
                ]
            )
        ],
        "lines": form_lines(),
        "checks": checks(failed=True),
        "facts": facts()[3:6],
        "buttons": [
            DecisionButton(act="save", label="Save draft", url="/acts/record-9/save/"),
            DecisionButton(act="send", label="Send again", url="/acts/record-9/send/", weight="primary",
                           why_not="2 checks are open.", whom_to_ask=["Ines Duarte"]),
        ],
    }  # fmt: skip
    return RecordForm(**{**values, **more})


def waiting_form() -> RecordForm:
    locked = "Waits for approval since 10:42."
    fields = [
        FormField(name="name", label="Name", value="Kestrel Roofing Ltd", locked=locked),
        FormField(name="city", label="City", value="Oakland", locked=locked),
        FormField(name="state", label="State", kind="choice", value="CA", choices=[Choice("CA", "California")],
                  locked=locked),
        FormField(name="is_active", label="Active", kind="boolean", value="true", locked=locked),
    ]  # fmt: skip
    return RecordForm(
        title="Kestrel Roofing Ltd",
        kind="Vendor V-0871",
        status=StatusChip.of(Status.READY_TO_EXPORT),
        place=Place(back=Link("My items", "/c/1/mine/"), name="V-0871"),
        groups=[FormGroup(fields=fields, title="Address")],
        banners=[
            Banner(
                tone="blue",
                icon="lock",
                title="Waits for approval since 10:42.",
                text="Nobody can change it now. Take it back to go on working on it.",
                button=DecisionButton(act="retrieve", label="Retrieve", url="/acts/record-8/retrieve/"),
            )
        ],
        buttons=[DecisionButton(act="retrieve", label="Retrieve", url="/acts/record-8/retrieve/")],
        closed=True,
    )


def accepted_toast() -> Toast:
    return Toast(
        text="Accepted INV-2198",
        undo=DecisionButton(act="undo", label="Undo", url="/acts/export-99/undo/", version=4),
        undo_until=timezone.now() + dt.timedelta(seconds=8),
    )


def nothing_waits() -> Empty:
    return Empty(
        title="Nothing waits for you.",
        text="14 items were decided today.",
        links=[Link("Exporting", QUEUE), Link("Synced", QUEUE)],
    )


def stale_banner() -> Banner:
    return Banner(
        tone="red",
        icon="x",
        title="INV-2207 was not accepted.",
        text="Priya Nair changed it at 10:42. Nothing was sent. Read version 2 and decide again.",
        code="stale_version",
        correlation_id="c-7Q4S0M",
    )


def problem_banner() -> Banner:
    return Banner(
        tone="amber",
        icon="problem",
        title="38 exports fail: period closed.",
        text="Invoices dated October are refused by Nightly ERP since 08:14.",
        link=Link("Open problem", "/c/1/problems/"),
    )
