"""Profiles of any size for the page's tests, without a profiler: the embedded format spelled in Python.

What the C++ writer makes of recordings is tested elsewhere; this is the page's own contract.
"""

import base64
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "gen"))
import embed  # noqa: E402


def column(numbers):
    out = bytearray()
    for n in numbers:
        while n > 127:
            out.append(n & 127 | 128)
            n >>= 7
        out.append(n)
    return base64.b64encode(bytes(out)).decode()


def step(last, place):
    """From one (thread, bucket) to the next."""
    return [2 * (place[1] - last[1])] if place[0] == last[0] else [2 * place[1] + 1, place[0]]


def run_json(**more):
    run = {
        "version": "0",
        "command": "python3 -m shop.serve --port 8000",
        "process": 4711,
        "python": "3.15.2",
        "freeThreaded": False,
        "mode": "wall",
        "modeNumber": 0,
        "interval": 1000000,
        "duration": 10000000000,
        "started": 1790000000000000000,
        "fixedClock": False,
        "replayed": False,
        "interrupted": False,
        "options": ["all threads", "gc"],
        "trust": {
            "ticks": 10000,
            "attempts": 10000,
            "valid": 9968,
            "distinct": 412,
            "first_rejected": 85,
            "retried": 80,
            "given_up": 32,
            "late": 12,
            "missed": 4,
            "exact": 0,
            "fast": 9968,
            "blocking": 0,
            "reused_checked": 310,
            "reused_wrong": 0,
            "wall": 9998000000,
            "profiler_cpu": 210000000,
            "target_cost": 0.004,
            "fast_distance": 0.012,
            "fast_distance_error": 0.008,
        },
    }
    run.update(more)
    return run


class Profile:
    """Stacks in, embedded JSON out. A frame is (name, file, line[, opcode])."""

    def __init__(self, kind="flamegraph", **run):
        self.strings, self.known = [""], {"": 0}
        self.functions, self.function_ids = [], {}
        self.frames, self.frame_ids = [], {}
        self.threads, self.status = [], {}
        self.trees = [self.Node()]
        self.opcodes = [{"number": 0, "name": "", "base": "", "specialized": False}]
        self.sources = {}
        self.buckets = 100
        self.kind = kind
        self.run = run_json(**run)
        self.baseline = None

    class Node:
        def __init__(self):
            self.children, self.records = {}, {}

    def text(self, s):
        if s not in self.known:
            self.known[s] = len(self.strings)
            self.strings.append(s)
        return self.known[s]

    def frame(self, name, file, line, opcode=0):
        key = (name, file)
        if key not in self.function_ids:
            self.function_ids[key] = len(self.functions)
            origin = (
                1
                if "/lib/python3" in file and "site-packages" not in file
                else 2 if "site-packages" in file else 0
            )
            module = file.rsplit("/", 1)[-1].removesuffix(".py") if file.endswith(".py") else ""
            self.functions.append(
                (
                    self.text(name),
                    self.text(file),
                    self.text(module),
                    max(0, line - line % 10),
                    origin,
                )
            )
        frame = (self.function_ids[key], line, opcode)
        if frame not in self.frame_ids:
            self.frame_ids[frame] = len(self.frames)
            self.frames.append(frame)
        return self.frame_ids[frame]

    def thread(self, id, name="", python="", main=False):
        self.threads.append(
            {
                "id": id,
                "name": name,
                "python": python,
                "main": main,
                "process": 4711,
                "interpreter": 0,
            }
        )
        return len(self.threads) - 1

    def add(self, frames, thread=0, bucket=0, samples=1, time=1000000, bits=33, tree=0):
        node = self.trees[tree]
        for frame in frames:
            node = node.children.setdefault(self.frame(*frame), self.Node())
        was = node.records.get((thread, bucket), (0, 0))
        node.records[(thread, bucket)] = (was[0] + samples, was[1] + time)
        if tree == 0:
            key = (thread, bucket, bits)
            self.status[key] = self.status.get(key, 0) + samples

    def tree_json(self, root, interval):
        up, frames, records, size, above = [], [], [], 0, -1
        pending = [(f, n, 0) for f, n in reversed(root.children.items())]
        while pending:
            frame, node, depth = pending.pop()
            up.append(above + 1 - depth)
            frames.append(frame)
            above = depth
            records.append(len(node.records))
            size += len(node.records)
            last = (0, 0)
            for place, (samples, time) in sorted(node.records.items()):
                extra = time - samples * interval
                records += [
                    *step(last, place),
                    samples,
                    2 * extra if extra >= 0 else -2 * extra - 1,
                ]
                last = place
            pending += [(f, n, depth + 1) for f, n in reversed(node.children.items())]
        return {
            "nodes": len(up),
            "up": column(up),
            "frame": column(frames),
            "recordCount": size,
            "records": column(records),
        }

    def json(self):
        per = list(zip(*self.functions)) or [[]] * 5
        functions = {"count": len(self.functions)}
        for name, values in zip(("name", "file", "module", "line", "origin"), per):
            functions[name] = column(values)
        if self.kind == "diff":
            functions["match"] = column(range(len(self.functions)))
        frames = list(zip(*self.frames)) or [[]] * 3
        status, last = [], (0, 0)
        for (thread, bucket, bits), n in sorted(self.status.items()):
            status += [*step(last, (thread, bucket)), bits, n]
            last = (thread, bucket)
        sources = []
        for file, lines in self.sources.items():
            sources.append([self.text(file)] + [v for n, t in lines.items() for v in (n, t)])
        data = {
            "format": 1,
            "kind": self.kind,
            "run": self.run,
            "baseline": self.baseline,
            "functions": functions,
            "frames": {
                "count": len(self.frames),
                "function": column(frames[0]),
                "line": column(frames[1]),
                "opcode": column(frames[2]),
            },
            "opcodes": self.opcodes,
            "threads": self.threads,
            "buckets": {"count": self.buckets, "width": self.run["duration"] // self.buckets},
            "status": column(status),
            "sources": sources,
            "trees": [
                self.tree_json(t, r["interval"])
                for t, r in zip(self.trees, (self.run, self.baseline))
            ],
            "strings": self.strings,
        }
        return (
            json.dumps(data, separators=(",", ":"))
            .replace("<", "\\u003c")
            .replace(">", "\\u003e")
            .replace("&", "\\u0026")
        )

    def write(self, path, title="Flame graph"):
        before, between, after = embed.assemble("flamegraph")
        pathlib.Path(path).write_text(
            before + title + between + self.json() + after, encoding="utf-8"
        )
        return str(path)


SHOP = "/srv/shop/"
LIB = "/usr/lib/python3.15/"
SITE = "/srv/shop/.venv/lib/python3.15/site-packages/"


def shop(kind="flamegraph", seed=7, tree=0, profile=None, samples=9968, slow=False):
    """A web shop: a believable small profile with two threads, source, opcodes."""
    p = profile or Profile(kind)
    if not p.threads:
        p.thread(4711, "python3", "MainThread", True)
        p.thread(4712, "python3", "worker-0")
        for number, name, base, special in (
            (10, "LOAD_FAST", "LOAD_FAST", False),
            (11, "BINARY_OP_ADD_INT", "BINARY_OP", True),
            (12, "CALL_PY_EXACT_ARGS", "CALL", True),
            (13, "CALL", "CALL", False),
            (14, "FOR_ITER_LIST", "FOR_ITER", True),
        ):
            p.opcodes.append({"number": number, "name": name, "base": base, "specialized": special})
    rng = random.Random(seed)
    main = [
        ("<module>", LIB + "runpy.py", 8),
        ("main", SHOP + "serve.py", 41),
        ("Server.serve_forever", LIB + "socketserver.py", 235),
    ]
    request = main + [
        ("Handler.handle", SHOP + "serve.py", 88),
        ("App.dispatch", SITE + "waiter/app.py", 310),
    ]
    query = [
        ("Session.execute", SITE + "rows/session.py", 142),
        ("Cursor.fetch", SITE + "rows/cursor.py", 77),
    ]
    worker = [
        ("Thread._bootstrap", LIB + "threading.py", 1044),
        ("Thread.run", LIB + "threading.py", 995),
        ("worker_loop", SHOP + "jobs.py", 19),
    ]
    shapes = [
        (9, main + [("poll", LIB + "selectors.py", 398)], 0, 36),
        (
            17,
            request
            + [("list_products", SHOP + "views.py", 27)]
            + query
            + [("decode_row", SITE + "rows/cursor.py", 101, 2)],
            0,
            35,
        ),
        (
            8,
            request
            + [("list_products", SHOP + "views.py", 29)]
            + query
            + [("decode_row", SITE + "rows/cursor.py", 104, 3)],
            0,
            35,
        ),
        (
            14,
            request
            + [
                ("list_products", SHOP + "views.py", 33),
                ("render", SITE + "stencil/render.py", 58),
                ("escape", SITE + "stencil/escape.py", 12, 5),
            ],
            0,
            35,
        ),
        (
            6,
            request
            + [
                ("list_products", SHOP + "views.py", 33),
                ("render", SITE + "stencil/render.py", 61, 4),
            ],
            0,
            35,
        ),
        (
            5,
            request
            + [
                ("checkout", SHOP + "views.py", 71),
                ("Decimal.__mul__", LIB + "_pydecimal.py", 1280),
            ],
            0,
            35,
        ),
        (
            4,
            request
            + [
                ("checkout", SHOP + "views.py", 74),
                ("dumps", LIB + "json/__init__.py", 231),
                ("JSONEncoder.encode", LIB + "json/encoder.py", 200),
            ],
            0,
            51,
        ),
        (
            3,
            request
            + [
                ("dispatch_again", SITE + "waiter/app.py", 333),
                ("App.dispatch", SITE + "waiter/app.py", 312),
                ("not_found", SHOP + "views.py", 9),
            ],
            0,
            35,
        ),
        (2, request + [("list_products", SHOP + "views.py", 30), ("<GC>", "~", 0)], 0, 99),
        (
            19,
            worker + [("resize", SHOP + "images.py", 55), ("convolve", SHOP + "images.py", 83, 2)],
            1,
            3,
        ),
        (6, worker + [("resize", SHOP + "images.py", 58)], 1, 3),
        (
            7,
            worker
            + [("get", LIB + "queue.py", 210), ("Condition.wait", LIB + "threading.py", 369)],
            1,
            8,
        ),
    ]
    if slow:
        shapes += [
            (
                22,
                request
                + [
                    ("list_products", SHOP + "views.py", 33),
                    ("render", SITE + "stencil/render.py", 58),
                    ("highlight", SITE + "stencil/colour.py", 20),
                ],
                0,
                35,
            )
        ]
        shapes = [s for s in shapes if s[1][-1][0] != "get" and "Decimal" not in s[1][-1][0]]
    for i in range(60):
        shapes.append(
            (0.05, request + [(f"plugin_{i:02}", SITE + f"plugins/p{i:02}.py", 10 + i)], 0, 35)
        )
    weights = [s[0] for s in shapes]
    for i in range(samples):
        bucket = i * p.buckets // samples
        pick = rng.choices(shapes, weights)[0]
        if pick[2] == 1 and bucket > 70:
            pick = shapes[0]
        p.add(pick[1], pick[2], bucket, 1, 950000 + rng.randrange(100000), pick[3], tree)
    views = [
        "def list_products(request):",
        '    page = int(request.query.get("page", 1))',
        "    with session() as s:",
        "        rows = s.execute(PRODUCTS, page)",
        "        total = s.execute(COUNT)",
        "",
        "        cart = current_cart(request)",
        "",
        "        names = [row.name for row in rows]",
        '        return render("products.html", rows=rows, cart=cart)',
    ]
    p.sources[SHOP + "views.py"] = {24 + i: text for i, text in enumerate(views)}
    images = [
        "def convolve(pixels, kernel):",
        "    out = []",
        "    for y in range(1, height - 1):",
        "        out.append(sum(a * b for a, b in zip(window, kernel)))",
        "    return out",
    ]
    p.sources[SHOP + "images.py"] = {80 + i: text for i, text in enumerate(images)}
    return p


def big(nodes, depth=300, threads=4, seed=3):
    """`nodes` distinct tree nodes in stacks up to `depth` deep, about three records for each leaf."""
    rng = random.Random(seed)
    p = Profile()
    for i in range(threads):
        p.thread(5000 + i, f"worker-{i}", "", i == 0)
    functions = [
        (f"Module{i % 97}.method_{i}", f"/srv/app/package_{i % 40}/module_{i % 400}.py")
        for i in range(min(20000, max(10, nodes // 5)))
    ]
    stack, made = [(p.trees[0], None)], 0
    while made < nodes:
        node = stack[-1][0]
        if len(stack) > depth or (
            len(stack) > 1 and rng.random() < (0.02 if len(stack) < depth - 20 else 0.4)
        ):
            for _ in range(rng.randrange(1, 4)):
                key = (rng.randrange(threads), rng.randrange(p.buckets))
                was = node.records.get(key, (0, 0))
                n = rng.randrange(1, 5)
                node.records[key] = (was[0] + n, was[1] + n * 1000000 + rng.randrange(1000))
                status = (*key, 35)
                p.status[status] = p.status.get(status, 0) + n
            del stack[max(1, len(stack) - rng.choice((1, 2, 3, 5, 8, 13, 40, 200))) :]
            continue
        name, file = functions[rng.randrange(len(functions))]
        child = node.children.setdefault(
            p.frame(name, file, rng.randrange(1, 900) if rng.random() < 0.3 else 10), p.Node()
        )
        made += 1
        stack.append((child, None))
    if not stack[-1][0].records and len(stack) > 1:
        stack[-1][0].records[(0, 0)] = (1, 1000000)
        p.status[(0, 0, 35)] = p.status.get((0, 0, 35), 0) + 1
    return p


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp")
    shop().write(where / "shop.html")
    for size in (10, 100_000, 1_000_000):
        path = big(size).write(where / f"big-{size}.html")
        print(path, pathlib.Path(path).stat().st_size)
