"""Every decision of Supvisors, as one machine that is told things and answers with outputs.

Holds: `inputs`, `outputs` and `messages` (reading these three is reading the system), `core`
(dispatch), `telling` (what clients are told, in which order), and one file for each subject.
Must not touch: I/O, clocks, ambient randomness, threads, logging, environment, bytes; anything
of ours but `model` and `utils`.
Invariants: the same inputs at the same times give the same outputs; what was published folds
to what `Core.view` shows.
Tests: tests/core/, tests/stories/, tests/sim/.
"""

from supvisors.core.core import Core
from supvisors.core.direction import Policy
from supvisors.core.membership import Limits
from supvisors.core.view import ClusterView

__all__ = ["ClusterView", "Core", "Limits", "Policy"]
