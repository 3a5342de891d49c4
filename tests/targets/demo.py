"""A small program that is worth profiling: it indexes made-up log lines, most of the time in one
function that looks harmless.

    demo.py [SECONDS]
"""

import random
import sys
import threading
import time

WORDS = ("timeout", "retry", "connected", "closed", "refused", "queued", "flushed", "parsed")


def make_line(source):
    words = [source.choice(WORDS) for _ in range(6)]
    return f"{source.randrange(10 ** 9):09d} worker-{source.randrange(8)} {' '.join(words)}"


def tokens(line):
    return [word.strip(".,") for word in line.lower().split(" ")]


def is_known(word, seen):
    # A list, where a set would do: this is what the flame graph shows.
    return word in seen


def index(lines):
    seen = []
    for line in lines:
        for word in tokens(line):
            if not is_known(word, seen):
                seen.append(word)
    return seen


def summarise(seen):
    return sorted(seen, key=len)[:10]


def work(until, source):
    rounds = 0
    while time.monotonic() < until:
        lines = [make_line(source) for _ in range(400)]
        summarise(index(lines))
        rounds += 1
    return rounds


def wait(until):
    while time.monotonic() < until:
        time.sleep(0.05)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    until = time.monotonic() + seconds
    waiting = threading.Thread(target=wait, args=(until,), name="waiting")
    waiting.start()
    rounds = work(until, random.Random(1))
    waiting.join()
    print(f"indexed {rounds * 400} lines")


if __name__ == "__main__":
    main()
