"""What people and programs sign in to the demo with: drawn per installation, kept in one private file."""

import json
import secrets
from pathlib import Path
from typing import Any

from erpstaging.demo.data_folder import write_private

PEOPLE = ("approver", "second_approver", "project_user", "admin", "super_user", "auditor")

# {"base_url", "company": {"id"}, "other_company": {"id"}, "service_account": {"client_id", "client_secret"}, ..,
#  "people": {"approver": {"username", "password"}, ..}}
Credentials = dict[str, Any]

# ruff: noqa: SIM905 - a list literal would take 165 lines
# Short words of the building trade that nobody has to spell out on the telephone.
WORDS = (
    "anchor anvil apron arch asphalt atrium auger awning axle baluster banister barrel basalt batten beacon beam "
    "bevel birch bolt brace bracket brick bridge bronze bucket buttress cable caisson calcium canopy cantilever "
    "carbide cedar cement chalk channel chisel chute cinder cladding clamp clay cobalt column conduit copper corbel "
    "cornice crane culvert cupola curb dado dormer dowel drain dredge drill duct eave embankment epoxy fascia ferry "
    "fillet flange flint footing forge gable galley gantry gasket gauge girder glazing granite gravel grout gusset "
    "gutter hammer harbor hatch hinge hoist ingot jetty joist keel kerb keystone ladder larch lattice ledger level "
    "lever limestone lintel louver magnet mallet maple marble mason masonry mitre mortar mullion nickel oak orchard "
    "parapet pavement pebble pier pillar pine pivot plank plaster plinth plumb portal quarry quartz rafter rail "
    "ratchet rebar ridge rivet rubble saddle sandstone scaffold shale shingle sill slab slate sluice socket solder "
    "spindle spruce steel stucco sump terrace tile timber tower transom trestle trowel truss tunnel valve vault "
    "viaduct walnut weir winch"
).split()


def read(path: Path) -> Credentials | None:
    """What was drawn for this installation; None before its first seed."""
    try:
        found: Credentials = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return found


def draw() -> Credentials:
    """New passwords for everybody. Addresses, ids and service accounts are added when they are known."""
    return {"people": {name: {"username": name, "password": draw_password()} for name in PEOPLE}}


def draw_password() -> str:
    """Three words and four digits: about 35 bits, for sign-ins that are counted and slowed down."""
    words = [secrets.choice(WORDS) for _ in range(3)]
    return "-".join([*words, f"{secrets.randbelow(9000) + 1000}"])


def write(path: Path, credentials: Credentials) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(credentials, indent=2))
