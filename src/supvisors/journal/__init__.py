"""The journal: every process event of the system on the agent's disk, for replay.

Holds: `Journal`, which takes events from the loop and writes them in batches from a thread of its
own; `pages.py`, what is read of them, in another; `database.py` and `records.py`, the SQLite
file to be written and to be read; `spool.py`, what is not in it yet.
Must not touch: what an event means; sockets.
Invariants:
  - an event that was taken is in the journal though the agent is killed at any instant;
  - no event is in it twice: what is not above the last one of its address is not taken;
  - rows and the numbers of the last ones of every address are committed together;
  - numbers are never used again, so what was lost is a hole in them, and is said;
  - the loop never waits for the disk but for one small write to the page cache;
  - files and memory are bounded.
Tests: tests/journal/.
"""

from supvisors.journal.journal import Journal, Limits
from supvisors.journal.pages import PageRead

__all__ = ["Journal", "Limits", "PageRead"]
