"""Builds: CMake presets, each once a run, in folders that are kept for the next one."""

import os

from command import JOBS, ROOT, only_errors
from part import part


def folder(preset):
    return os.path.join(ROOT, "build", preset)


def environment():
    """What tests may rely on; CONTRIBUTING.md lists it."""
    return {
        **os.environ,
        "TACHYON": os.path.join(folder("release"), "tachyon"),
        "TACHYON_BUILD": folder("unit"),
        "TACHYON_TESTS": os.path.join(ROOT, "tests"),
        "PYTHONDONTWRITEBYTECODE": "1",
        # A shim of pyenv is a row of shell scripts, which become the interpreter after a second.
        "PATH": os.pathsep.join(place for place in os.environ["PATH"].split(os.pathsep)
                                if os.path.basename(place) != "shims"),
        # Compilers that tests start find what was compiled before, in another checkout too.
        **cached(),
    }


def cached():
    """The settings of ccache: no path of this checkout decides what is found again."""
    return {"CCACHE_BASEDIR": ROOT, "CCACHE_NOHASHDIR": "1"}


def configure(part_, preset):
    done = part_.run(["cmake", "--preset", preset])
    if done.status:
        part_.fail(f"configure {preset}", only_errors(done.output))
    return done.status == 0


def build(part_, preset, *targets):
    """Configures and builds. A failure is counted once; the parts that need it are not run."""
    if not configure(part_, preset):
        part_.broken = True
        return False
    done = part_.run(["ninja", "-C", folder(preset), f"-j{JOBS}", *targets], timeout=3600)
    if done.status:
        part_.fail(f"build {preset} {' '.join(targets)}", only_errors(done.output))
        part_.broken = True
    return not part_.broken


def built(preset, target, description, **how):
    """Registers the build of one target as a part of its own."""
    part(description, name=f"build {preset}", cores=JOBS, holds=[preset], **how)(
        lambda part_: build(part_, preset, target))


built("release", "tachyon", "the tool", tier="quick")
built("unit", "unit", "the unit tests, g++", tier="quick")
built("asan", "unit", "the unit tests against the single header, clang, sanitized")
built("single-header", "unit", "the unit tests against the single header, clang", tier="deep")
built("clang", "tachyon", "the tool, clang", tier="deep")
