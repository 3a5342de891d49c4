# A bit of everything that a walk can meet: threads, generators, tasks that wait for tasks, handlers,
# locals of every type. Stands still at last, and prints its process id when it does.
import asyncio
import os
import threading
import time


class Cart:
    def __init__(self):
        self.items = ["äpfel", "pears", "\U0001f34c"]
        self.total = 12.5


def numbers(depth):
    if depth:
        yield from numbers(depth - 1)
    else:
        time.sleep(1000)
        yield 1


def generator_worker():
    for _ in numbers(5):
        pass


def handler_worker(count=3, *rest, key=None, **more):
    small, large, negative, real, flag, nothing = 7, 1 << 100, -5, 1.25, True, None
    text, raw = "one\ntwo", b"\x00bytes"
    pair, row, table, some = (1, "a"), [1, [2, [3, [4]]]], {"k": 1, 2: "v"}, {1, 2, 3}
    cart, loop = Cart(), []
    loop.append(loop)
    try:
        raise ValueError(text)
    except ValueError as caught:
        error = caught
        cell = lambda: (error, raw, pair, row, table, some, cart, small, large, negative, real)
        time.sleep(1000)
    return cell, flag, nothing


async def leaf():
    await asyncio.sleep(1000)


async def parent(name):
    async with asyncio.TaskGroup() as group:
        for i in range(3):
            group.create_task(leaf(), name=f"{name}-{i}")


async def everything():
    children = [asyncio.create_task(parent(n), name=n) for n in "ab"]
    asyncio.get_running_loop().call_later(0.2, stand_still)
    await asyncio.gather(*children)


def stand_still():
    print(os.getpid(), flush=True)
    time.sleep(1000)


for work in (generator_worker, handler_worker):
    threading.Thread(target=work, daemon=True).start()
asyncio.run(everything())
