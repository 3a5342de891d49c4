"""What passed is not asked again while nothing that decides it has changed.

For checks that take long and that ccache cannot remember. The memory is in the cache folder, so it
serves every checkout, as ccache does.
"""

import hashlib
import os

from command import ROOT


def folder():
    base = os.environ.get("TACHYON_CACHE")
    if not base:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        base = os.path.join(home, "tachyon")
    return os.path.join(base, "passed")


def unchanged(part_, name, files, version, look):
    """Calls `look`, unless it has passed with these files and this version of the checker."""
    state = hashlib.sha256(part_.run(version).output.encode())
    # The checker's own rules are part of the state.
    for path in sorted([*files, *own_sources()]):
        with open(path, "rb") as content:
            state.update(f"{os.path.relpath(path, ROOT)}\n".encode())
            state.update(hashlib.sha256(content.read()).digest())
    stamp = os.path.join(folder(), f"{name}-{state.hexdigest()[:32]}")
    if os.path.exists(stamp):
        part_.ok()
        part_.say(f"{name} passed before, and nothing that it depends on has changed")
    elif look():
        os.makedirs(folder(), exist_ok=True)
        with open(stamp, "w", encoding="ascii"):
            pass


def own_sources():
    here = os.path.dirname(os.path.abspath(__file__))
    return [os.path.join(here, name) for name in ("compiling.py", "remembered.py")]
