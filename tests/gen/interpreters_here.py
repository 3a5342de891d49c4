"""Which interpreters and header trees the tests of gen/ find on this machine."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "gen"))

import extract  # noqa: E402


def manifest() -> list[dict]:
    """What tests/interpreters has got so far; gets nothing."""
    run = subprocess.run([ROOT / "tests" / "interpreters", "--json"], capture_output=True, text=True, check=True)
    return [entry for entry in json.loads(run.stdout) if entry["minor"] >= 11]


def runtime_file(entry: dict) -> Path | None:
    """The ELF file with this interpreter's runtime: the executable, or the library beside it."""
    root = Path(entry["root"])
    exe = (root / entry["exe"].lstrip("/")).resolve()
    candidates = [exe, *sorted(exe.parent.parent.glob(f"lib*/libpython3.{entry['minor']}*.so.1.0"))]
    for path in candidates:
        if path.is_file() and extract.ObjectFile(path.read_bytes(), str(path)).section(".PyRuntime"):
            return path
    return None


def run_in(name: str, code: str) -> str:
    run = subprocess.run([ROOT / "tests" / "interpreters", "--run", name, "--", "-I", "-c", code], capture_output=True,
                         text=True, timeout=120)
    if run.returncode:
        raise RuntimeError(f"{name}: {run.stderr.strip()[-300:]}")
    return run.stdout


def load_generate():
    """gen/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "gen" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
