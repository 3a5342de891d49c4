"""The command line as a user meets it: exit codes, streams, help, manual, completions."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

TIER = "quick"

TACHYON = os.environ.get("TACHYON", "build/tachyon")
COMMANDS = ["run", "attach", "dump", "replay", "doctor"]

# Every option of Python's own profiler (profiling.sampling, 3.15), by command: all must be known here.
REFERENCE = {
    "run": "-m --module --live -r --sampling-rate -d --duration -a --all-threads --realtime-stats "
           "--native --no-gc --opcodes --async-aware --async-mode --subprocesses --blocking --mode "
           "--pstats --collapsed --flamegraph --gecko --heatmap --jsonl --diff-flamegraph --binary "
           "--compression -o --output --browser --sort -l --limit --no-summary",
    "dump": "-a --all-threads --native --no-gc --opcodes --async-aware --async-mode --blocking",
    "replay": "--pstats --collapsed --flamegraph --gecko --heatmap --jsonl --diff-flamegraph -o "
              "--output --browser --sort -l --limit --no-summary",
}
REFERENCE["attach"] = REFERENCE["run"].replace("-m --module ", "")


def tachyon(*words, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([TACHYON, *words], capture_output=True, text=True, timeout=30, **options)


class Streams(unittest.TestCase):
    def usage_error(self, *words):
        done = tachyon(*words)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr.rstrip("\n")

    def test_no_command_prints_the_overview_to_stderr(self):
        done = tachyon()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: tachyon COMMAND", done.stderr)

    def test_usage_errors_are_one_line_that_names_the_command(self):
        self.assertEqual(
            self.usage_error("attach", "--flamgraph", "1"),
            "tachyon attach: error: there is no option '--flamgraph'; did you mean --flamegraph? "
            "(tachyon attach --help lists them)")
        self.assertEqual(self.usage_error("replay"),
                         "tachyon replay: error: which recording? write its file name")

    def test_unknown_commands(self):
        self.assertEqual(self.usage_error("atach", "1"),
                         "tachyon: error: there is no command 'atach'; did you mean attach?")
        self.assertEqual(self.usage_error("1234"),
                         "tachyon: error: there is no command '1234'; did you mean tachyon attach "
                         "1234?")
        for word, meant in (("slow.py", "tachyon run slow.py"), ("a.bin", "tachyon replay a.bin"),
                            ("version", "--version"), ("--halp", "--help")):
            self.assertRegex(self.usage_error(word),
                             rf"there is no (command|option) '{word}'; did you mean {meant}\?$")
        self.assertIn("the commands are run attach dump replay doctor",
                      self.usage_error("xyzzyplugh"))
        self.assertIn("the commands are run attach", self.usage_error("xyz"))
        self.assertIn("options come after the command", self.usage_error("-r", "5", "attach", "1"))

    def test_control_characters_never_reach_the_terminal(self):
        for words in [("attach", "--\x1b[31mred"), ("attach", "\x1b]0;x\x07"), ("\x1b[2J",)]:
            done = tachyon(*words)
            self.assertEqual(done.returncode, 2)
            self.assertNotIn("\x1b", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_help_goes_to_stdout_and_fits(self):
        for words in [("--help",), ("-h",), ("help",), *[(c, "--help") for c in COMMANDS],
                      *[(c, "-h") for c in COMMANDS], *[("help", c) for c in COMMANDS]]:
            with self.subTest(words=words):
                done = tachyon(*words)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith("usage: tachyon"))
                self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_help_into_a_closed_pipe_is_quiet(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([TACHYON, "attach", "--help"], stdout=writer, stderr=subprocess.PIPE,
                              timeout=30)
        os.close(writer)
        self.assertEqual(done.stderr, b"")

    def test_version(self):
        done = tachyon("--version")
        self.assertEqual(done.returncode, 0)
        first, layouts = done.stdout.splitlines()
        self.assertRegex(first, r"^tachyon \d+\.\d+\.\d+$")
        self.assertRegex(layouts, r"^compiled layouts \(\w+\): 3\.11\.\d+ .*3\.15\.\d+ 3\.15\.\d+t$")

    def test_every_option_of_the_reference_is_known(self):
        for command, names in REFERENCE.items():
            help_text = tachyon(command, "--help").stdout
            for name in names.split():
                with self.subTest(command=command, name=name):
                    self.assertRegex(help_text, rf"(?m)^  (-\w, )?{re.escape(name)}\b")


class Manual(unittest.TestCase):
    def test_manual_has_every_option_and_section(self):
        done = tachyon("--man")
        self.assertEqual(done.returncode, 0)
        plain = done.stdout.replace("\\-", "-")
        for command in COMMANDS:
            for name in re.findall(r"(?m)^  (?:-\w, )?(--[\w-]+)", tachyon(command, "--help").stdout):
                self.assertRegex(plain, rf"(?m)^\.B .*{name}\b")
        self.assertIn("\n.B tachyon run [options] -m MODULE [ARGUMENT...]\n", plain)
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "SIGNALS", "EXAMPLES"]:
            self.assertIn(f".SH {section}", done.stdout)

    def test_manual_renders_without_warnings(self):
        renderer = shutil.which("groff") or shutil.which("mandoc")
        if not renderer:
            self.skipTest("neither groff nor mandoc is installed")
        if renderer.endswith("mandoc"):
            command = [renderer, "-W", "warning", "-T", "ascii"]
        else:
            command = [renderer, "-man", "-Tascii", "-ww"]
        done = subprocess.run(command, input=tachyon("--man").stdout, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.stderr, "")
        self.assertIn("sampling profiler for Python", done.stdout)


class Completions(unittest.TestCase):
    def complete_in_bash(self, *words):
        """What bash offers for the last of these words."""
        script = tachyon("--completions", "bash").stdout + (
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _tachyon\n'
            'printf "%s\\n" "${COMPREPLY[@]}"\n')
        done = subprocess.run(["bash", "-c", script, "bash", "tachyon", *words],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete_in_bash("att"), ["attach"])
        self.assertIn("--flamegraph", self.complete_in_bash("attach", "--fl"))
        self.assertNotIn("--sort", self.complete_in_bash("dump", "--s"))
        self.assertEqual(self.complete_in_bash("attach", "--mode", "e"), ["exception"])
        self.assertEqual(self.complete_in_bash("attach", "--mode", "=", "e"), ["exception"])
        self.assertEqual(self.complete_in_bash("attach", "--mode", "="),
                         ["wall", "cpu", "gil", "exception"])
        with tempfile.TemporaryDirectory() as folder:
            recording = os.path.join(folder, "one.bin")
            with open(recording, "wb"):
                pass
            self.assertEqual(self.complete_in_bash("replay", folder + "/o"), [recording])

    def test_zsh_and_fish_scripts_are_sound(self):
        for shell, check in [("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])]:
            with self.subTest(shell=shell):
                script = tachyon("--completions", shell)
                self.assertEqual(script.returncode, 0)
                for command in COMMANDS:
                    self.assertIn(command, script.stdout)
                names = re.findall(r"(?m)^  (?:-\w, )?--([\w-]+)", tachyon("run", "--help").stdout)
                for name in names:
                    self.assertIn(f"-l {name}" if shell == "fish" else f"--{name}", script.stdout)
                if not shutil.which(shell):
                    print(f"skipped syntax check of the {shell} completions: {shell} is not installed")
                    continue
                done = subprocess.run([*check, "/dev/stdin"], input=script.stdout,
                                      capture_output=True, text=True, timeout=30)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_unknown_shell(self):
        for words in [("--completions",), ("--completions", "tcsh"), ("--completions=ksh",)]:
            done = tachyon(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn("bash, zsh or fish", done.stderr)


if __name__ == "__main__":
    unittest.main()
