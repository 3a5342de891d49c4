"""However the live display ends, the terminal is as it was; and what it needs before it begins."""

import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import PROGRAM_FOLDER, Pty, Tmux, build, environment  # pylint: disable=wrong-import-position

LEAVE = b"\x1b[?1049l"
ENTER = b"\x1b[?1049h"


def setUpModule():
    build()


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Restored(unittest.TestCase):
    def begin(self, *arguments, **changes):
        terminal = Pty(arguments, **changes)
        self.addCleanup(terminal.close)
        self.modes = terminal.modes_before
        terminal.wait_for(b"checksum")
        self.assertTrue(terminal.is_raw())
        self.assertIn(ENTER, terminal.output)
        return terminal

    def check(self, terminal):
        self.assertTrue(wait_until(lambda: (terminal.read(0.02), terminal.modes())[1] == self.modes),
                        "the modes were not restored")
        self.assertTrue(wait_until(lambda: (terminal.read(0.02), LEAVE in terminal.output)[1]),
                        "the alternate screen was not left")
        for sequence in (b"\x1b[?25h", b"\x1b[?7h", b"\x1b[?1000l", b"\x1b[?2004l"):
            self.assertIn(sequence, terminal.output)

    def test_q(self):
        t = self.begin()
        t.write(b"q")
        self.assertEqual(t.wait(), 0)
        self.check(t)
        self.assertEqual(t.output.count(LEAVE), 1)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(signal=number):
                t = self.begin()
                t.kill(number)
                self.assertEqual(t.wait(), 128 + number)
                self.check(t)

    def test_sigint_is_ctrl_c(self):
        t = self.begin("rate=2000", "least=1")
        t.kill(signal.SIGINT)
        t.wait_for(b"Profiling stopped")
        t.kill(signal.SIGINT)
        self.assertEqual(t.wait(), 0)
        self.check(t)

    def test_kill_9(self):
        t = self.begin()
        t.kill(signal.SIGKILL)
        self.assertEqual(t.wait(), 128 + 9)
        self.check(t)

    def test_crash(self):
        t = self.begin("crash=1000")
        self.assertEqual(t.wait(), 128 + signal.SIGABRT)
        self.check(t)

    def test_segmentation_fault(self):
        t = self.begin()
        t.kill(signal.SIGSEGV)
        self.assertEqual(t.wait(), 128 + signal.SIGSEGV)
        self.check(t)

    def test_end_of_the_target(self):
        t = self.begin("duration=700", "exits", "rate=2000")
        t.wait_for(b"The program has ended")
        t.write(b"q")
        self.assertEqual(t.wait(), 0)
        self.check(t)

    def test_stop_and_continue(self):
        with Tmux([], shell=True) as t:
            t.wait_for("●3")
            t.keys("C-z")
            t.wait_for("Stopped")
            self.assertEqual(t.tmux("display-message", "-p", "#{alternate_on}").strip(), "0")
            t.text("echo shell $((6 * 7))")
            t.keys("Enter")
            t.wait_for("shell 42")
            t.text("fg")
            t.keys("Enter")
            t.wait_for("●3")
            t.keys("q")
            t.wait_for("left after")

    def test_no_process_stays(self):
        t = self.begin()
        children = children_of(t.pid)
        self.assertEqual(len(children), 1)  # the guardian
        t.write(b"q")
        t.wait()
        self.assertTrue(wait_until(lambda: not any(map(alive, children))))

    def test_hang_up(self):
        t = self.begin()
        children = children_of(t.pid)
        t.hang_up()
        self.assertEqual(t.wait(), 128 + signal.SIGHUP)
        self.assertTrue(wait_until(lambda: not any(map(alive, children))))

    def test_a_stuck_terminal_does_not_hold_keys_back(self):
        t = Pty(["functions=500", "refresh=50"], width=200, height=60)
        self.addCleanup(t.close)
        t.wait_for(b"checksum")
        # Nobody reads: the terminal's buffer is full when it does not get any more.
        waiting = [0]

        def is_full():
            time.sleep(0.3)
            waiting.append(t.unread())
            return waiting[-1] > 0 and waiting[-1] == waiting[-2]

        self.assertTrue(wait_until(is_full))
        t.write(b"q")
        time.sleep(0.2)
        self.assertEqual(t.wait(), 0)


class Needs(unittest.TestCase):
    """No terminal: a line that says what is missing, exit status 1, no escape sequences."""

    def run_without(self, terminal_output, **changes):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        command = [build(), f"folder={PROGRAM_FOLDER}"]
        if terminal_output:
            done = subprocess.run(command, stdin=changes.pop("stdin", subprocess.DEVNULL),
                                  stdout=slave, stderr=subprocess.PIPE, env=environment(**changes),
                                  timeout=60, check=False)
            return done.returncode, done.stderr
        done = subprocess.run(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment(**changes), timeout=60, check=False)
        self.assertNotIn(b"\x1b", done.stdout)
        return done.returncode, done.stderr

    def check(self, result, text):
        status, error = result
        self.assertEqual(status, 1)
        self.assertIn(text, error)
        self.assertEqual(error.count(b"\n"), 1)
        self.assertNotIn(b"\x1b", error)

    def test_output_is_no_terminal(self):
        self.check(self.run_without(False), b"standard output is none")

    def test_input_is_no_terminal(self):
        self.check(self.run_without(True), b"standard input is none")

    def test_input_is_closed(self):
        done = subprocess.run(["sh", "-c", f'exec "{build()}" <&-'], capture_output=True,
                              env=environment(), timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_term(self):
        for term in (None, "", "dumb"):
            with self.subTest(term=term):
                t = Pty([], TERM=term)
                self.addCleanup(t.close)
                self.assertEqual(t.wait(), 1)
                self.assertIn(b"TERM is not set", t.output)
                self.assertNotIn(b"\x1b", t.output)


class SlowLinks(unittest.TestCase):
    def test_a_refresh_sends_what_changed(self):
        t = Pty(["rate=1000"], width=120, height=30)
        self.addCleanup(t.close)
        t.wait_for(b"checksum")
        t.read_for(0.5)
        sent = t.read_for(2)
        # 20 refreshes, or fewer, of a screen of 3,600 cells.
        print(f"bytes for each refresh: {len(sent) / 20:.0f}")
        self.assertLess(len(sent) / 20, 700)

    def test_nothing_changes_nothing_is_sent(self):
        t = Pty(["duration=500", "rate=2000"], width=120, height=30)
        self.addCleanup(t.close)
        t.wait_for(b"results are frozen")
        t.read_for(0.5)
        self.assertEqual(t.read_for(1), b"")


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


def alive(pid):
    return state_of(pid) not in (None, "Z")


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) == pid:
                        found.append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


if __name__ == "__main__":
    unittest.main()
