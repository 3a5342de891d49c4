# Stands still at known lines, in two threads, one of them inside a generator. Prints its process id
# as it sees it when it is there.
import os
import threading
import time

there = threading.Barrier(3)


def wait():
    there.wait()
    time.sleep(1000)  # line 12


def numbers():
    yield 1
    wait()  # line 17


def worker():
    for _ in numbers():  # line 21
        pass


def middle(depth):
    if depth:
        return middle(depth - 1)  # line 27
    return wait()  # line 28


threading.Thread(target=worker, daemon=True).start()


def announce():
    there.wait()
    time.sleep(0.05)
    print(os.getpid(), flush=True)


threading.Thread(target=announce, daemon=True).start()
middle(3)  # line 41
