"""What tests use of the room `sen2` that is not public: a name that moves is changed here alone."""

import sys

from eesclient.sen2.errors import SEN2Error
from eesclient.sen2.figures import FIGURES
from eesclient.sen2.figures import _expanded as expanded
from eesclient.sen2.findings import NONE_OF_THEIRS, Findings
from eesclient.sen2.groups import Groups
from eesclient.sen2.history import HISTORY, frames_of
from eesclient.sen2.page import MADE_UP
from eesclient.sen2.published import figures_of
from eesclient.sen2.returns import KEPT, ORDER, Header, Return, schema
from eesclient.sen2.rule_file import RuleFile, load_rules
from eesclient.sen2.rules.declared import SEVERITIES, Rule, declared, rules
from eesclient.sen2.rules.ground import TESTERS
from eesclient.sen2.rules.run import find
from eesclient.sen2.specification import Specification, rows, specification, years
from eesclient.sen2.summary import DISCLOSIVE, SUMMARY
from eesclient.sen2.synthetic.plants import PLANTS
from eesclient.sen2.upgrade import Upgrade
from eesclient.sen2.xml.exact import Exact
from eesclient.sen2.xml.gathered import Gathered
from eesclient.sen2.xml.plain import read_plain
from eesclient.sen2.xml.shapes import message

upgrade_module = sys.modules["eesclient.sen2.upgrade"]
"""The module, whose name the function of the room has."""
