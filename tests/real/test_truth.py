"""What the stacks of a running program end in is what it runs, however Python came to run it.

The ways are those of tests/targets/truth.py. Each keeps the thread below a function, generator or
coroutine called `leaf`; a way of reading is right when it says so.
"""

import collections
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import INTERPRETERS, NAMES, TACHYON, TESTS, dump, functions, interpreters, kernel_refusal  # noqa: E402

HERE = interpreters()
PROGRAM = os.path.join(TESTS, "targets", "truth.py")
USUAL = ["3.11", "3.12", "3.13", "3.14", "3.15"]
AT_LEAST = 0.995  # of all samples
OF_EACH_WAY = 0.8
MOST_TURNS = 3
# What auto is where the kernel takes no samples: with readers of our own, at the full rate.
POLLED = ["--readers", "1", "--max-overhead", "0"]


def each(case):
    for name in NAMES if os.environ.get("TACHYON_LONG") else USUAL:
        if name in HERE:
            yield name
        else:
            print(f"    skipped {case.id().rsplit('.', 1)[-1]}[{name}]: tests/interpreters has none")


@contextlib.contextmanager
def running(name, stepped):
    """The pid of the program, what it says, and, where it is stepped, how to let it go on."""
    with tempfile.TemporaryDirectory(prefix="tachyon-truth-") as folder:
        pipes = [os.path.join(folder, one) for one in ("says", "hears")[:1 + stepped]]
        for pipe in pipes:
            os.mkfifo(pipe)
        process = subprocess.Popen([sys.executable, INTERPRETERS, "--run", name, "--", PROGRAM, *pipes],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with open(pipes[0], encoding="ascii") as says:
                hears = os.open(pipes[1], os.O_WRONLY) if stepped else -1
                yield process.pid, says, hears
                if stepped:
                    os.close(hears)
        finally:
            process.kill()
            process.wait()


def stacks(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            yield [frame.split(":")[-2] for frame in stack.split(";") if frame.count(":") >= 2], int(count)


def shares(path):
    """Of each way: how many samples, and how many of them reach the leaf; and those that do not."""
    seen, right, wrong = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for frames, count in stacks(path):
        if "measured" not in frames[:-1]:
            continue
        at = frames.index("measured") + 1
        seen[frames[at]] += count
        if reaches_leaf(frames[at:]):
            right[frames[at]] += count
        else:
            wrong[frames[at]].append((frames[at:], count))
    return seen, right, wrong


def wrong_ways(counts):
    seen, right, _ = counts
    return {way for way, count in seen.items() if right[way] < OF_EACH_WAY * count}


def share(counts):
    seen, right, _ = counts
    return sum(right.values()) / max(sum(seen.values()), 1)


def best_of(turns):
    """Each way as it came out best: a busy machine may keep the program between two leaves for a while, but not
    each time at the same ones."""
    def of(way):
        return max((counts for counts in turns if counts[0][way]), key=lambda counts: counts[1][way] / counts[0][way])

    best = {way: of(way) for way in set().union(*(counts[0] for counts in turns))}
    return tuple({way: counts[i][way] for way, counts in best.items()} for i in range(3))


def is_right(counts):
    return not wrong_ways(counts) and share(counts) >= AT_LEAST


def reaches_leaf(frames):
    return any(frame.rsplit(".", 1)[-1] == "leaf" for frame in frames)


class Truth(unittest.TestCase):
    def sampled(self, name, *strategies):
        """Samples the program with all these at once, for one turn of all ways."""
        with tempfile.TemporaryDirectory(prefix="tachyon-truth-") as folder, \
                running(name, False) as (pid, says, _):
            first = says.readline()
            paths = [os.path.join(folder, one) for one in strategies]
            profilers = [
                subprocess.Popen([TACHYON, "attach", str(pid), "-r", "1000", "-d", "1000", "--read", one,
                                  *(POLLED if one == "auto" else []), "--binary-format=cpython",
                                  f"--binary={path}.bin"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for one, path in zip(strategies, paths)]
            while says.readline() != first:
                continue
            for _ in range(10):
                says.readline()
            for profiler in profilers:
                profiler.send_signal(signal.SIGINT)
            self.assertEqual([profiler.wait(60) for profiler in profilers], [0] * len(profilers))
            # Samples are counted, however late each was: so are those of a recording in this format.
            for path in paths:
                subprocess.run([TACHYON, "replay", f"{path}.bin", f"--collapsed={path}"], check=True,
                               stdout=subprocess.DEVNULL)
            return [shares(path) for path in paths]

    def all_sampled(self, *strategies):
        """With two interpreters at a time: they sleep for half of theirs."""
        def turns(name):
            all_ = [self.sampled(name, *strategies)]
            while len(all_) < MOST_TURNS and not all(is_right(best_of(each_)) for each_ in zip(*all_)):
                all_.append(self.sampled(name, *strategies))
            return name, list(zip(*all_))

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, of_strategies in pool.map(turns, list(each(self))):
                for strategy, all_ in zip(strategies, of_strategies):
                    with self.subTest(f"{name}, {strategy}"):
                        self.check(f"{name}, {strategy}", all_)

    def check(self, what, turns):
        best = best_of(turns)
        samples, ways = sum(best[0].values()), len(best[0])
        print(f"    {what}: {100 * share(best):.2f} % of {samples} samples of {ways} ways are right"
              f"{f', the best of {len(turns)} turns of each' if len(turns) > 1 else ''}")
        wrong = {way: stacks_ for way, stacks_ in best[2].items() if stacks_}
        self.assertFalse(wrong_ways(best), wrong)
        self.assertGreaterEqual(share(best), AT_LEAST, wrong)
        self.assertGreater(ways, 100)

    def test_samples(self):
        self.all_sampled("fast", "auto")

    def test_samples_that_the_kernel_takes(self):
        why = kernel_refusal()
        if why:
            print(f"    skipped test_samples_that_the_kernel_takes: {why}")
            return
        self.all_sampled("kernel")

    def test_samples_of_a_stopped_program(self):
        self.all_sampled("blocking")

    def test_dumps(self):
        for name in each(self):
            wrong, number, way = {}, 0, ""
            with running(name, True) as (pid, says, hears):
                for line in says:
                    if line != ".\n":
                        way = line.strip()
                        continue
                    thread = dump(pid)["threads"][0]
                    number += 1
                    if not thread["complete"] or not reaches_leaf(functions(thread)):
                        wrong.setdefault(way, functions(thread)[2:])
                    os.write(hears, b".")
            print(f"    {name}: {number} dumps, {len(wrong)} ways wrong")
            with self.subTest(name):
                self.assertFalse(wrong)
                self.assertGreater(number, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
