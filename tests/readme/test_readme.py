"""What the README says can be done: each of its commands is run, each option it names exists."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

# Some of its commands build in build/release.
HOLDS = "release"

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = os.path.abspath(os.environ.get("TACHYON") or ROOT / "build" / "release" / "tachyon")

# Commands that cannot be run here, and why. Their syntax is checked, and that of the tachyon command
# inside each: it must be one that the parser accepts.
NOT_RUN = {
    "tools/check": "runs this very test",
    "sudo install": "changes the machine",
    "sudo setcap": "changes the machine",
    "sudo tachyon": "needs a container",
    "docker ": "needs docker",
    "kubectl ": "needs a cluster",
}
# Commands about the checkout run in it, all others in a folder of their own.
IN_ROOT = ("tools/", "cmake ", "ninja ")

SCRIPT = """
import time
def spin():
    return sum(range(1000))
end = time.time() + 1
while time.time() < end:
    spin()
"""


def blocks(language):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def commands():
    return [line for block in blocks("sh") for line in block.splitlines() if line]


@unittest.skipUnless(os.path.exists(TOOL), "no tool: set TACHYON to the tachyon executable")
class Readme(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory(prefix="tachyon-readme-")
        self.addCleanup(self.home.cleanup)
        home = pathlib.Path(self.home.name)
        (home / "bin").mkdir()
        (home / "bin" / "tachyon").symlink_to(TOOL)
        (home / "script.py").write_text(SCRIPT)
        for name in ("tests", "single_include"):
            (home / name).symlink_to(ROOT / name)
        self.environment = {**os.environ, "PATH": f"{home}/bin:{os.environ['PATH']}",
                            "TACHYON": TOOL}

    def run_one(self, command, where, status=0, timeout=900):
        done = subprocess.run(["bash", "-c", command], cwd=where, env=self.environment, text=True,
                              capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status,
                         f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def test_every_command_works(self):
        self.assertGreater(len(commands()), 12)
        target = subprocess.Popen([sys.executable, ROOT / "tests" / "targets" / "demo.py", "600"],
                                  stdout=subprocess.DEVNULL)
        self.addCleanup(target.wait)
        self.addCleanup(target.kill)
        time.sleep(0.5)
        ran = 0
        for command in commands():
            if any(command.startswith(words) for words in NOT_RUN):
                self.run_one(f"bash -n <<'END'\n{command}\nEND\n", ROOT)
                continue
            with self.subTest(command=command):
                self.run_one(re.sub(r"\b4242\b", str(target.pid), command),
                             ROOT if command.startswith(IN_ROOT) else self.home.name)
                ran += 1
        self.assertGreater(ran, 10)
        for made in ("profile.html", "changes.html", "before.bin", "attach_and_print"):
            self.assertTrue(os.path.exists(os.path.join(self.home.name, made)), made)

    def test_those_that_are_not_run_have_a_reason(self):
        for words, why in NOT_RUN.items():
            self.assertTrue(any(c.startswith(words) for c in commands()),
                            f"{words} ({why}) is not in the README any more")

    def test_commands_inside_others_parse(self):
        """tachyon inside sudo, docker, kubectl and a service: the right exit for the wrong place."""
        text = "\n".join(blocks("sh") + blocks("ini") + blocks("yaml"))
        inner = re.findall(r"(?:sudo |exec web /|-- |usr/bin/)tachyon (.+)$", text, re.M)
        self.assertGreaterEqual(len(inner), 4)
        for words in inner:
            with self.subTest(words=words):
                done = subprocess.run([TOOL, *words.split(), "--help"], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_library_example_compiles(self):
        [code] = blocks("cpp")
        self.assertLessEqual(len([l for l in code.splitlines() if l and "#include" not in l]), 12)
        path = os.path.join(self.home.name, "example.cpp")
        pathlib.Path(path).write_text(code)
        self.run_one(f"g++ -std=c++20 -Wall -Wextra -Werror -I single_include -fsyntax-only {path}",
                     self.home.name)

    def test_every_option_exists(self):
        known = set()
        for command in ("", "run", "attach", "dump", "replay", "doctor"):
            text = self.run_one(f"tachyon {command} --help", self.home.name).stdout
            known |= set(re.findall(r"(?<![\w-])(--?[a-z][\w-]*)", text))
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        others = {"--cap-add", "--name", "--image", "--target", "--profile", "--preset", "--install",
                  "--config", "--nonblocking", "--rounds", "--seconds", "--quick", "--deep"}
        for option in sorted(set(re.findall(r"(?<![\w-])(--[a-z][\w-]*)", text)) - others):
            self.assertIn(option, known)

    def test_pictures_and_places_exist(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        for path in re.findall(r"\]\(([^)]+)\)", text) + re.findall(r"`(tests/[\w./-]+)`", text):
            self.assertTrue((ROOT / path).exists(), path)

    def test_what_contributing_names_exists(self):
        text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        named = re.findall(r"`((?:gen|tests|tools)/[\w./-]+)[` ]", text)
        self.assertGreater(len(named), 30)
        for path in set(named) - {"tests/collect/NAME.cpp"}:
            self.assertTrue((ROOT / path).exists(), path)
            if (ROOT / path).is_file() and (ROOT / path).read_bytes()[:2] == b"#!":
                self.assertTrue(os.access(ROOT / path, os.X_OK), f"{path} cannot be started")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_the_service_is_one(self):
        [unit] = blocks("ini")
        path = os.path.join(self.home.name, "recorder.service")
        pathlib.Path(path).write_text(unit.replace("/usr/bin/tachyon", TOOL)
                                      .replace("User=web", "User=nobody"))
        self.run_one(f"systemd-analyze verify --man=no {path}", self.home.name)


if __name__ == "__main__":
    unittest.main()
