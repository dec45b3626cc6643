"""The SEN2 return of an authority: read, look, check, and hold against the published figures.

It stands beside the client: nothing of the client needs it. What it knows of the return is what public material
establishes, with its source; none of the department's own validation rules is public here, and none is implemented.
"""

from . import plots as plots
from .calendar import calendar as calendar
from .calendar import changes as changes
from .errors import PartialReturnWarning as PartialReturnWarning
from .errors import SEN2Error as SEN2Error
from .figures import summarise as summarise
from .findings import Findings as Findings
from .published import Contradictions as Contradictions
from .published import contradictions as contradictions
from .read import read as read
from .reconcile import Reconciliation as Reconciliation
from .reconcile import reconcile as reconcile
from .returns import Header as Header
from .returns import Return as Return
from .rule_file import RuleFile as RuleFile
from .rule_file import load_rules as load_rules
from .rules.declared import Rule as Rule
from .rules.declared import rules as rules
from .specification import Specification as Specification
from .specification import specification as specification
from .specification import years as years
from .summary import Summary as Summary
from .synthetic.demo import demo as demo
from .synthetic.planting import plantable as plantable
from .upgrade import Upgrade as Upgrade
from .upgrade import upgrade as upgrade
