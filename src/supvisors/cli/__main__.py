"""`python -m supvisors.cli` is the command `supvisors`.

Holds: nothing but the call.
Must not touch: anything else.
Tests: tests/cli/.
"""

from supvisors.cli import main

main()
