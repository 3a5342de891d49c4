"""What the live display shows, seen through tmux: every width, every view, every key."""

import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import Tmux, build  # pylint: disable=wrong-import-position


def setUpModule():
    build()


def width_of(line):
    """Columns: everything these tests show is one column wide unless it is East Asian."""
    import unicodedata  # pylint: disable=import-outside-toplevel
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else
               0 if unicodedata.combining(c) else 1 for c in line)


def row_of(screen, name):
    """The table's row of a function, by its place in the file."""
    for line in screen.split("\n"):
        if re.search(rf"\b{name}\b.*program\.py:\d+", line):
            return line
    raise AssertionError(f"no row of {name} in:\n{screen}")


class Widths(unittest.TestCase):
    COLUMNS = {"%": 80, "tottime s": 100, "cum%": 120, "cumtime s": 140, "last 60 s": 160}

    def test_59_columns_are_too_few(self):
        with Tmux([], width=59, height=30) as t:
            screen = t.wait_for("terminal too small")
            self.assertIn("needs 60x12, this is 59x30", screen)
            t.resize(60, 12)
            t.wait_for("checksum")
            t.resize(60, 11)
            t.wait_for("needs 60x12, this is 60x11")
            t.keys("q")
            self.assertEqual(t.exit_status(), 0)

    def test_every_width(self):
        for width in (60, 80, 100, 120, 140, 200):
            with self.subTest(width=width), Tmux([], width=width) as t:
                screen = t.wait_for("●3" if width > 60 else "●2")
                heading = next(line for line in screen.split("\n") if "nsamples  " in line)
                for column, least in self.COLUMNS.items():
                    present = re.search(rf"(^|[ ▼]){re.escape(column)}( |$)", heading)
                    self.assertEqual(bool(present), width >= least, f"{column} in {heading!r}")
                row = row_of(screen, "checksum")
                direct, total = re.match(r" +(\d+)/(\d+)", row).groups()
                self.assertLessEqual(int(direct), int(total))
                self.assertEqual(heading.index("nsamples") + 8, re.match(r" +\d+/\d+", row).end())
                self.assertEqual(heading.index("function"), row.index("checksum"))
                self.assertEqual(heading.index("file:line"), row.index("program.py:4"))
                for line in screen.split("\n"):
                    self.assertLessEqual(width_of(line), width)
                for label in ("PID: 4321", "Samples:", "Efficiency:", "Threads:", "Functions:",
                              "Top 3:", "1 Functions", "q quit"):
                    self.assertIn(label, screen)

    def test_shares_are_right(self):
        with Tmux(["rate=2000"], width=140) as t:
            screen = t.wait_for(lambda s: "checksum" in s and int(
                re.search(r"Samples: +(\d+)", s)[1]) > 3000)
            shares = [float(x) for x in re.findall(r"(\d+\.\d|100)%", row_of(screen, "checksum"))]
            self.assertAlmostEqual(shares[0], 60, delta=4)
            shares = re.findall(r"(\d+\.\d|100)%", row_of(screen, "serve"))
            self.assertEqual(shares, ["0.0", "100"])
            for value in re.findall(r"(\d+(?:\.\d)?)%", screen):
                self.assertLessEqual(float(value), 100)
            self.assertIn("2.0KHz", screen)

    def test_resize_keeps_going(self):
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            for width, height in ((200, 50), (1, 1), (60, 12), (80, 24), (300, 5), (140, 40)):
                t.resize(width, height)
            screen = t.wait_for("cumtime s")
            self.assertEqual(len(screen.rstrip("\n").split("\n")), 40)
            t.keys("q")
            self.assertEqual(t.exit_status(), 0)


class Keys(unittest.TestCase):
    def test_sorting(self):
        with Tmux([], width=140) as t:
            t.wait_for("▼tottime s")
            for title in ("▼cum%", "▼cumtime s", "▼nsamples", "▼%", "▼tottime s"):
                t.keys("s")
                t.wait_for(title)
            t.keys("S")
            t.wait_for("▼%")

    def test_sorting_orders_rows(self):
        with Tmux([], width=140) as t:
            t.wait_for("●3")
            t.keys("s")
            screen = t.wait_for("▼cum%")
            self.assertLess(screen.index("program.py:21"), screen.index("program.py:4"))

    def test_filter(self):
        with Tmux([], width=120) as t:
            t.wait_for("program.py:11")
            t.keys("/")
            t.text("CHECK")
            t.wait_for("Filter: CHECK")
            t.keys("BSpace", "BSpace", "Enter")
            screen = t.wait_for("filter: CHE")
            self.assertNotIn("program.py:11", screen)
            self.assertIn("1 shown", screen)
            t.keys("/")
            t.wait_for("Filter: CHE")
            t.keys("Escape")
            t.wait_for(lambda s: "Filter:" not in s)
            t.wait_for("filter: CHE")
            t.keys("c")
            t.wait_for("5 shown")

    def test_threads(self):
        with Tmux(["threads=3"], width=120) as t:
            t.wait_for("●3")
            t.keys("t")
            t.wait_for("Thread: 4321 (1/3)")
            t.keys("Right")
            screen = t.wait_for("Thread: 4322 (2/3)")
            self.assertIn("0.0% on gil", screen)
            t.keys("Down")
            t.wait_for("Thread: 4323 (3/3)")
            t.keys("Right")
            screen = t.wait_for("Thread: 4321 (1/3)")
            self.assertIn("100.0% on gil", screen)
            t.keys("Left")
            t.wait_for("Thread: 4323 (3/3)")
            t.keys("T")
            t.wait_for("Thread: ALL")

    def test_pause_freezes_and_sampling_goes_on(self):
        with Tmux(["rate=1000"], width=120) as t:
            t.wait_for("●3")
            t.keys("p")
            frozen = t.wait_for("PAUSED")
            samples = re.search(r"Samples: +(\d+)", frozen)[1]
            t.wait_for(lambda s: True)
            t.keys("s")  # keys work during a pause
            screen = t.wait_for("▼cum%")
            self.assertEqual(re.search(r"Samples: +(\d+)", screen)[1], samples)
            import time  # pylint: disable=import-outside-toplevel
            time.sleep(1)
            t.keys("p")
            # On a busy machine what was sampled in that second may be less than all of it.
            seen = t.wait_for(lambda s: "PAUSED" not in s)
            self.assertGreater(int(re.search(r"Samples: +(\d+)", seen)[1]), int(samples))

    def test_reset(self):
        # Slow enough that what was there before does not come again while nobody looks.
        with Tmux(["rate=200"], width=120) as t:
            screen = t.wait_for(lambda s: (m := re.search(r"Samples: +(\d+)", s)) and int(m[1]) > 400)
            before = int(re.search(r"Samples: +(\d+)", screen)[1])
            t.keys("r")
            t.wait_for(lambda s: int(re.search(r"Samples: +(\d+)", s)[1]) < before)

    def test_refresh_rate(self):
        with Tmux([], width=120) as t:
            t.wait_for("Display: 10.0Hz")
            t.keys("+")
            t.wait_for("Display: 20.0Hz")
            t.keys("+")
            t.wait_for("Display: 20.0Hz")
            t.keys(*["-"] * 30)
            t.wait_for("Display: 1.0Hz")

    def test_a_rate_that_was_lowered_is_shown(self):
        with Tmux(["rate=1000", "slowed=4000"], width=140) as t:
            screen = t.wait_for("Interval: 4000µs (slowed down)")
            self.assertIn("/250.0Hz", screen)
        with Tmux(["rate=1000"], width=140) as t:
            self.assertNotIn("slowed", t.wait_for("Interval: 1000µs"))

    def test_trends(self):
        with Tmux([], width=120) as t:
            t.wait_for("trend: up down")
            t.keys("x")
            t.wait_for(lambda s: "trend: up" not in s)
            t.keys("X")
            t.wait_for("trend: up down")

    def test_help(self):
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            for key in ("h", "?", "H"):
                t.keys(key)
                t.wait_for("any key closes this")
                t.keys("q")  # closes help only
                t.wait_for(lambda s: "any key closes this" not in s)

    def test_save(self):
        with tempfile.TemporaryDirectory() as folder, Tmux([], width=160) as t:
            path = os.path.join(folder, "out.bin")
            t.wait_for("●3")
            t.keys("w")
            t.wait_for("Save to: profile.tachyon")
            t.keys(*["BSpace"] * 15)
            t.text(path)
            t.keys("Enter")
            t.wait_for("saved to " + path)
            with open(path, encoding="ascii") as saved:
                self.assertRegex(saved.read(), r"^\d+ ticks")
            t.keys("w")
            t.keys(*["BSpace"] * 15)
            t.text("/no/such/folder/x")
            t.keys("Enter")
            t.wait_for("cannot write /no/such/folder/x")

    def test_mouse(self):
        with Tmux(["functions=100"], width=120, height=30) as t:
            screen = t.wait_for("order_")
            tabs = next(i for i, line in enumerate(screen.split("\n")) if "1 Functions" in line)
            column = screen.split("\n")[tabs].index("Call tree") + 1
            t.tmux("send-keys", "-l", f"\x1b[<0;{column};{tabs + 1}M")
            t.wait_for("nsamples: ending here")
            t.keys("1")
            t.wait_for("order_")
            for _ in range(20):
                t.tmux("send-keys", "-l", "\x1b[<65;10;15M")
            t.wait_for(lambda s: "checksum " not in s.split("file:line")[1])

    def test_keys_work_at_once_whatever_sampling_does(self):
        with Tmux(["rate=1", "refresh=100000"], width=120) as t:
            t.wait_for("waiting for the first samples")
            t.keys("h")
            t.wait_for("any key closes this")  # long before the next refresh
            t.keys("x", "q")
            self.assertEqual(t.exit_status(), 0)

    def test_keys_work_when_every_look_fails(self):
        with Tmux(["torn=100"], width=120) as t:
            screen = t.wait_for("every look at the program failed")
            self.assertIn("100.0% failed", t.wait_for("100.0% failed"))
            self.assertIn("0.0% good", screen)
            t.keys("q")
            self.assertEqual(t.exit_status(), 0)


class Views(unittest.TestCase):
    def test_opcodes(self):
        with Tmux(["opcodes"], width=120, height=40) as t:
            t.wait_for("Opcodes of checksum")
            t.wait_for("BINARY_OP_ADD_INT (BINARY_OP)")
            t.wait_for(lambda s: re.search(r"FOR_ITER_LIST \(FOR_ITER\) \d+\.\d% \(\d+\)", s))
            t.keys("Down")
            t.wait_for("Opcodes of parse")
            t.wait_for(lambda s: re.search(r"LOAD_FAST 100\.0%", s))
            t.keys("k")
            t.wait_for("Opcodes of checksum")

    def test_call_tree(self):
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            t.keys("2")
            screen = t.wait_for("▾ <module>")
            self.assertIn("▾ serve", screen)
            self.assertIn("parse", screen.split("call tree")[1])
            t.keys("Left")
            t.wait_for("▸ <module>")
            t.keys("Right")
            t.wait_for("▾ <module>")

    def test_lines_show_source(self):
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            t.keys("Enter")
            screen = t.wait_for("total = (total * 31 + byte)")
            hot = next(line for line in screen.split("\n") if "total * 31" in line)
            self.assertRegex(hot, r"^ +\d+/\d+ ")
            cold = next(line for line in screen.split("\n") if "total = 0" in line)
            self.assertRegex(cold, r"^ +5  ")
            self.assertNotIn("def parse", screen)
            t.keys("Escape")
            t.wait_for("function  ")

    def test_lines_without_source(self):
        with Tmux(["functions=30"], width=120) as t:
            t.wait_for("order_")
            t.keys("/")
            t.text("order_7")
            t.keys("Enter")
            t.wait_for("shop/orders.py:17")
            t.keys("l")
            t.wait_for("the source file could not be read")

    def test_tasks(self):
        with Tmux(["tasks"], width=120) as t:
            t.wait_for("●3")
            t.keys("4")
            screen = t.wait_for("Task-reader")
            self.assertRegex(screen, r"Task-writer +(parse|handle) program\.py:\d+")
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            t.keys("4")
            t.wait_for("--async-aware")

    def test_threads_and_processes(self):
        with Tmux(["processes", "threads=4"], width=120) as t:
            t.wait_for("●3")
            t.keys("5")
            screen = t.wait_for("python3 -c grandchild (ended)")
            lines = screen.split("\n")
            place = {word: next(i for i, line in enumerate(lines) if word in line)
                     for word in ("▾ python3 program.py", "worker-2", "-c worker", "worker-3")}
            self.assertEqual(sorted(place.values()), list(place.values()))
            t.keys("Enter")
            t.wait_for("Thread: ALL of process 4321")
            t.keys("t")
            t.wait_for("Thread: ALL │")

    def test_odd_names_cannot_touch_the_terminal(self):
        with Tmux(["odd"], width=120) as t:
            screen = t.wait_for("計算する")
            self.assertIn("�[31mred�]0;title�", screen)
            self.assertIn("left�right", screen)
            self.assertIn("line�break", screen)
            self.assertEqual(t.tmux("display-message", "-p", "#{pane_title}").strip(),
                             t.tmux("display-message", "-p", "#{host}").strip())
            row = next(line for line in screen.split("\n") if "計算する  " in line)
            other = next(line for line in screen.split("\n") if "program.py:11" in line)
            self.assertEqual(width_of(row[:row.index("odd�")]),
                             width_of(other[:other.index("program.py")]))

    def test_ascii(self):
        with Tmux(["odd", "opcodes"], width=120, LC_ALL="C") as t:
            screen = t.wait_for("vtottime s")
            self.assertTrue(screen.isascii(), screen)

    def test_no_color(self):
        with Tmux([], width=120, NO_COLOR="1") as t:
            t.wait_for("●3")
            styles = set(re.findall(r"\x1b\[([0-9;]*)m", t.screen(styles=True)))
            colours = {s for s in styles for code in s.split(";") if code[:1] in "349" and
                       len(code) == 2 and code not in ("39", "49")}
            self.assertEqual(colours, set())
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            self.assertIn("38;5;", t.screen(styles=True))


class Endings(unittest.TestCase):
    def test_results_stay_on_the_screen(self):
        with Tmux(["duration=1500", "exits"], width=120) as t:
            screen = t.wait_for("results are frozen, press q to leave")
            self.assertIn("The program has ended: exit status 0", screen)
            samples = re.search(r"Samples: +(\d+)", screen)[1]
            t.keys("r")  # no reset after the end
            t.keys("s")
            screen = t.wait_for("▼cum%")
            self.assertEqual(re.search(r"Samples: +(\d+)", screen)[1], samples)
            clock = re.search(r"Time: (\S+)", screen)[1]
            t.keys("/")
            t.text("parse")
            t.keys("Enter")
            screen = t.wait_for("1 shown")
            self.assertEqual(re.search(r"Time: (\S+)", screen)[1], clock)
            self.assertIn("Finished", screen)
            t.keys("q")
            self.assertEqual(t.exit_status(), 0)

    def test_ctrl_c_ends_sampling_first_and_then_the_display(self):
        with Tmux(["rate=2000"], width=120) as t:
            t.wait_for(lambda s: (m := re.search(r"Samples: +(\d+)", s)) and int(m[1]) > 1000)
            t.keys("C-c")
            t.wait_for("Profiling stopped")
            t.keys("C-c")
            self.assertEqual(t.exit_status(), 0)
            self.assertIn("signal 0", t.wait_for("left after"))

    def test_too_few_samples_leave_no_screen(self):
        with Tmux(["duration=100"], width=120) as t:
            self.assertEqual(t.exit_status(), 0)
            self.assertIn("too few", t.wait_for("left after"))

    def test_the_shell_gets_its_screen_back(self):
        with Tmux([], width=120) as t:
            t.wait_for("●3")
            self.assertEqual(t.tmux("display-message", "-p", "#{alternate_on}").strip(), "1")
            t.keys("q")
            t.exit_status()
            self.assertEqual(
                t.tmux("display-message", "-p",
                       "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{wrap_flag}").strip(),
                "0 1 0 1")


if __name__ == "__main__":
    unittest.main()
