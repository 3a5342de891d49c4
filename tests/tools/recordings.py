"""Recordings for tests, in the format of Python's own profiler, written without any code of tachyon."""

import struct


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def svarint(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def recording(samples, interval=1000, mode=0, version=(3, 15, 2), duration=None):
    """`samples`: (time us, thread id, status, stack), a stack being (file, function, line)s, root
    first, in order of time. Every sample is a full record, nothing is compressed."""
    strings, frames, last, body, threads = {}, {}, {}, bytearray(), set()

    def string(text):
        return strings.setdefault(text, len(strings))

    for time, thread, status, stack in samples:
        indices = []
        for file, function, line in reversed(stack):
            key = (string(file), string(function), line)
            indices.append(frames.setdefault(key, len(frames)))
        threads.add(thread)
        body += struct.pack("<QIB", thread, 0, 1) + varint(time - last.get(thread, 0))
        body += bytes([status]) + varint(len(indices)) + b"".join(map(varint, indices))
        last[thread] = time
    texts = b"".join(varint(len(t.encode())) + t.encode() for t in strings)
    table = b"".join(varint(file) + varint(name) + svarint(line) + svarint(0) + svarint(-1) +
                     svarint(0) + b"\xff" for file, name, line in frames)
    statistics = b""
    if duration is not None:
        statistics = struct.pack("<ddddII8sII", duration, len(samples) / duration, 0.0, 0.0, 3, 0,
                                 b"TACHSTAT", 1, 56)
    strings_at = 64 + len(body)
    frames_at = strings_at + len(texts)
    size = frames_at + len(table) + len(statistics) + 32
    header = struct.pack("<II4BQQQIQQII", 0x54414348, 1, *version, 0, 0, interval, len(samples),
                         len(threads), strings_at, frames_at, 0, (mode + 1) | 8)
    footer = struct.pack("<IIQ16x", len(strings), len(frames), size)
    return header + bytes(body) + texts + table + statistics + footer


MAIN = [("/app/main.py", "<module>", 40), ("/app/util.py", "Tree.walk", 14)]
WORKER = [("/usr/lib/python3/threading.py", "Thread.run", 1000), ("/app/main.py", "work", 7)]
GC = MAIN + [("~", "<GC>", -1)]
GIL, CPU, UNKNOWN, EXCEPTION, IS_MAIN = 1, 2, 4, 16, 32


def typical():
    """A second: two threads, 1 kHz; main holds the GIL on a CPU, every tenth look is in a collection;
    the worker waits, and handles an exception in the second half."""
    samples = []
    for i in range(1000):
        time = i * 1000
        samples.append((time, 70, GIL | CPU | IS_MAIN, GC if i % 10 == 9 else MAIN))
        samples.append((time, 71, EXCEPTION if i >= 500 else 0, WORKER))
    return recording(samples, duration=1.0, mode=3)
