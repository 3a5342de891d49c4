"""tools/check and tools/demo on a machine that lacks packages and cannot get them.

They must end at once, with status 1 and one line that says why; nothing may have been built. The
machine itself is not touched: dpkg-query is a stub that has never heard of any package, and apt has
its state in a temporary folder, a mirror that does not exist, and (where that is permitted) a
network namespace without a network.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

NEEDS = ""

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMANDS = ("check", "demo")


def without_network():
    """The words that start a command without a network, or why there are none."""
    command = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if not shutil.which("unshare"):
        return None, "unshare is not installed"
    tried = subprocess.run([*command, "true"], capture_output=True, text=True)
    return (command, "") if tried.returncode == 0 else (None, tried.stderr.strip())


class Offline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.makedirs(f"{self.folder}/bin")
        self.program("dpkg-query", "exit 1")

    def program(self, name, body):
        with open(f"{self.folder}/bin/{name}", "w", encoding="ascii") as out:
            out.write(f"#!/bin/sh\n{body}\n")
        os.chmod(f"{self.folder}/bin/{name}", 0o755)

    def run_tool(self, name, wrapper, **variables):
        return subprocess.run(
            [*wrapper, f"{ROOT}/tools/{name}", *([f"{self.folder}/out"] if name == "demo" else [])],
            env={**os.environ, "TMPDIR": self.folder, **variables}, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120)

    def complaints(self, name, done):
        """Its lines of reasons. Neither tests ran nor was anything built."""
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("2 of 3", done.stdout)
        self.assertNotIn("passed", done.stdout)
        self.assertFalse(os.path.exists(f"{self.folder}/out"))
        return [line for line in done.stderr.splitlines() if line.startswith(f"{name}: ")]

    def test_no_network(self):
        wrapper, why = without_network()
        if not wrapper:
            self.skipTest(f"no network namespace: {why}")
        if not shutil.which("apt-get"):
            self.skipTest("no Debian machine: there is no apt-get")
        for place in ("state/lists/partial", "cache/archives/partial", "parts"):
            os.makedirs(f"{self.folder}/{place}")
        for name, text in {
                "status": "",
                "sources.list": "deb http://mirror.invalid/debian bookworm main\n",
                "apt.conf": f'Dir::State "{self.folder}/state";\n'
                            f'Dir::State::status "{self.folder}/status";\n'
                            f'Dir::Cache "{self.folder}/cache";\n'
                            f'Dir::Etc::SourceList "{self.folder}/sources.list";\n'
                            f'Dir::Etc::SourceParts "{self.folder}/parts";\n'
                            'APT::Sandbox::User "root";\nAcquire::Retries "0";\n'}.items():
            with open(f"{self.folder}/{name}", "w", encoding="ascii") as out:
                out.write(text)
        for name in COMMANDS:
            with self.subTest(name):
                done = self.run_tool(name, wrapper, APT_CONFIG=f"{self.folder}/apt.conf",
                                     PATH=f"{self.folder}/bin:{os.environ['PATH']}")
                reasons = self.complaints(name, done)
                self.assertIn("apt-get failed; is there a network", reasons[0])
                self.assertTrue(os.path.getsize(reasons[-1].rpartition(" ")[2]))

    def test_no_debian(self):
        # All programs that there are, but apt-get.
        for place in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"):
            for name in os.listdir(place) if os.path.isdir(place) else ():
                link = f"{self.folder}/bin/{name}"
                if name != "apt-get" and not os.path.lexists(link):
                    os.symlink(f"{place}/{name}", link)
        for name in COMMANDS:
            with self.subTest(name):
                done = self.run_tool(name, [], PATH=f"{self.folder}/bin")
                reasons = self.complaints(name, done)
                self.assertEqual(len(reasons), 1, reasons)
                self.assertIn("this is no Debian machine; install these yourself: g++", reasons[0])


if __name__ == "__main__":
    unittest.main()
