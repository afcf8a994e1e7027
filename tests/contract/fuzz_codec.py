"""Feeds the decoder of the bus with bent envelopes for some time: `make fuzz SECONDS=600`.

The promise: any bytes give an envelope or `BadPeer`, and nothing else ever. What was decoded
can be encoded, and decodes to itself again.
"""

from __future__ import annotations

import random
import sys
import time
import warnings
from collections import Counter

from hypothesis.errors import NonInteractiveExampleWarning

from supvisors.bus.codec import BadPeer, Codec
from tests.contract.strategies import envelopes

CODEC = Codec()
#: Values near what the decoder looks at.
WORDS = (
    b"null|true|false|0|-1|1.5|1e999|9223372036854775808|18446744073709551616|-0|1e2|[]|{}|"
    b'""|"\\ud800"|"\xff"|"tick"|"record"|"records"|"ask"|"list"|"not yet"|"ProcessChanged"|'
    b'"kind"|"v"|"since"|:|,|[|]|{|}|"|\\|NaN|Infinity|' + b"[" * 5000
).split(b"|")


def seeds(count: int) -> list[bytes]:
    """Return valid envelopes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        drawn = envelopes()
        return [CODEC.encode(drawn.example()) for _ in range(count)]


def bend(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return bytes that look a little like an envelope."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place = rng.randrange(len(out) + 1)
        end = min(len(out), place + rng.choice((0, 1, 2, 5, 20)))
        match rng.randrange(5):
            case 0:
                out[place:end] = rng.choice(WORDS)
            case 1:
                out[place:end] = rng.randbytes(end - place)
            case 2:
                del out[place:end]
            case 3:
                other = rng.choice(others)
                start = rng.randrange(len(other))
                out[place:end] = other[start : start + rng.randrange(1, 60)]
            case 4:
                _replace_value(out, rng)
    return bytes(out)


def _replace_value(out: bytearray, rng: random.Random) -> None:
    """Put another word where a value stands, which mostly leaves JSON behind."""
    colons = [place for place, byte in enumerate(out) if byte == ord(":")]
    if colons:
        start = rng.choice(colons) + 1
        ends = [e for e in (out.find(b",", start), out.find(b"}", start)) if e > 0]
        out[start : min(ends, default=len(out))] = rng.choice(WORDS)


def verdict(data: bytes, codec: Codec = CODEC) -> str:
    """Return what the decoder made of it; any other exception passes."""
    try:
        envelope = codec.decode(data)
    except BadPeer as error:
        return error.reason
    assert codec.decode(codec.encode(envelope)) == envelope
    return type(envelope).__name__


def main(seconds: float, seed: int) -> None:
    """Bend and decode for `seconds`; print how often and with what result."""
    rng = random.Random(seed)
    valid = seeds(500)
    verdicts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(1000):
            data = bend(rng.choice(valid), valid, rng)
            try:
                verdicts[verdict(data)] += 1
            except Exception:
                print(f"seed {seed}: {data!r}", file=sys.stderr)
                raise
    print(f"{sum(verdicts.values())} messages in {seconds:g} s (seed {seed})")
    for name, count in sorted(verdicts.items()):
        print(f"  {name:16} {count}")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns())
