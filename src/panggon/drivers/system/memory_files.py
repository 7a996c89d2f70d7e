"""Files without a name, in memory (memfd_create(2)): what another process is to read and nobody else."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def readable(contents: Mapping[str, bytes]) -> Iterator[dict[str, int]]:
    """Each content on a descriptor of its own, in memory."""
    descriptors: dict[str, int] = {}
    try:
        for name, content in contents.items():
            descriptors[name] = os.memfd_create(name.replace("/", "-"))
            os.write(descriptors[name], content)
            os.lseek(descriptors[name], 0, os.SEEK_SET)
        yield descriptors
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)
