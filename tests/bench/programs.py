"""Programs whose true profile is known, or hard to get right. Each prints a line when it is ready."""

# Functions that last 30 ns, called from alternating callers, and a generator: what shows whether a
# way of reading favours states that last.
GENERATOR = """
def c(): return 1
def b(): return c()
def e(): return 2
def d(): return e()
def a():
    b(); d()
def numbers():
    c()
    yield 1
def g():
    for x in numbers():
        pass
    e()
def main():
    print("up", flush=True)
    while True:
        a()
        g()
main()
"""
# caller -> callees; a stack with any other pair never existed.
GENERATOR_CALLS = {"<module>": {"main"}, "main": {"a", "g"}, "a": {"b", "d"}, "b": {"c"}, "d": {"e"},
                   "g": {"numbers", "e"}, "numbers": {"c"}, "c": set(), "e": set()}

CALLS = GENERATOR.replace("for x in numbers():\n        pass", "for x in (1,):\n        c()")
CALLS_CALLS = {**GENERATOR_CALLS, "g": {"c", "e"}}

SLEEPY = """
import hashlib, time
def work():
    h = hashlib.sha256()
    for i in range(2000): h.update(b"x" * 100)
    return h.hexdigest()
def loop():
    print("up", flush=True)
    while True:
        work()
        time.sleep(0.002)
loop()
"""

RECURSION = """
import sys
sys.setrecursionlimit(10 ** 6)
def leaf(n):
    s = 0
    for i in range(n): s += i
    return s
def down(k):
    if k: return down(k - 1)
    print("up", flush=True)
    while True: leaf(50)
down(int(sys.argv[1]))
"""

THREADS = """
import threading, time
def leaf(n):
    s = 0
    for i in range(n): s += i
    return s
def down(k):
    if k: return down(k - 1)
    while True: leaf(50)
for i in range(8): threading.Thread(target=down, args=(20,), daemon=True).start()
print("up", flush=True)
time.sleep(1000)
"""

# A quarter of each millisecond in f, the rest in g, by the clock.
QUARTER = """
import time
def spin(until):
    while time.perf_counter() < until: pass
def f(until): spin(until)
def g(until): spin(until)
def main():
    print("up", flush=True)
    at = time.perf_counter()
    while True:
        f(at + 0.00025)
        at += 0.001
        g(at)
main()
"""
