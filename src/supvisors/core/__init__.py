"""Every decision of Supvisors, as one machine that is told things and answers with outputs.

Holds: `inputs` and `outputs` (reading these two is reading the system), `core` (dispatch),
`telling` (what clients are told, in which order), `addresses`, `phase`, `processes`,
`applications` (one subject each).
Must not touch: I/O, clocks, ambient randomness, threads, logging, environment, bytes; anything
of ours but `model` and `utils`.
Invariants: the same inputs at the same times give the same outputs; what was published folds
to what `Core.view` shows.
Tests: tests/core/, tests/stories/.
"""

from supvisors.core.core import ClusterView, Core

__all__ = ["ClusterView", "Core"]
