"""How long papers take: `python -m bench.papers`. Issue 5 asks for 100 in under 10 s."""

import sys
import time
from itertools import cycle, islice

from panggon.papers.contents import PaperKind
from panggon.papers.rendering import render
from panggon.papers.samples import SAMPLES

COUNT, MOST_SECONDS = 100, 10.0


def main() -> int:
    """Each paper of the procedure in turn; the first one, with which the press is started, counts as well."""
    kinds = [SAMPLES[kind.value.replace("_", "-")] for kind in PaperKind]
    began = time.perf_counter()
    size = sum(len(render(sample.template, sample.facts)) for sample in islice(cycle(kinds), COUNT))
    seconds = time.perf_counter() - began
    print(f"{COUNT} papers in {seconds:.2f} s, {1000 * seconds / COUNT:.0f} ms and {size // COUNT // 1024} KiB each")
    return 0 if seconds < MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
