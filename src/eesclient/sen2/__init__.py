"""The SEN2 return of an authority: read, look, check, and hold against the published figures.

It stands beside the client: nothing of the client needs it. What it knows of the return is what public material
establishes, with its source; none of the department's own validation rules is public here, and none is implemented.

- A return: `read` (XML or a Blade export) or `demo` (a synthetic one) gives a `Return`, whose methods show, check and
  write it; `upgrade` brings it into the form of a later year, `plots` draws its counts.
- Figures: `summarise` counts it as its figures are published, `reconcile` holds it against the published ones, and
  `contradictions` finds those that contradict each other.
- What is known: `specification`, `years`, `calendar` and `changes` of the return, `rules` that `Return.check` tests,
  those that `demo` can break (`plantable`); `load_rules` reads the user's own copy of the department's rules.
"""

from . import plots
from .calendar import calendar, changes
from .errors import PartialReturnWarning, SEN2Error
from .figures import summarise
from .findings import Findings
from .published import Contradictions, contradictions
from .read import read
from .reconcile import Reconciliation, reconcile
from .returns import Header, Return
from .rule_file import RuleFile, load_rules
from .rules.declared import Rule, rules
from .specification import Specification, specification, years
from .summary import Summary
from .synthetic.demo import demo
from .synthetic.planting import plantable
from .upgrade import Upgrade, upgrade

__all__ = [
    "Contradictions",
    "Findings",
    "Header",
    "PartialReturnWarning",
    "Reconciliation",
    "Return",
    "Rule",
    "RuleFile",
    "SEN2Error",
    "Specification",
    "Summary",
    "Upgrade",
    "calendar",
    "changes",
    "contradictions",
    "demo",
    "load_rules",
    "plantable",
    "plots",
    "read",
    "reconcile",
    "rules",
    "specification",
    "summarise",
    "upgrade",
    "years",
]
