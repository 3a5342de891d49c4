"""Drives the live display in a real terminal emulator (tmux) or on a bare pseudo-terminal."""

import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM_FOLDER = os.path.join(HERE, "synthetic")
_built = {}


def build(sanitize=None):
    """The display over a fake program, compiled once a run."""
    if sanitize in _built:
        return _built[sanitize]
    folder = os.environ.get("TACHYON_BUILD") or tempfile.gettempdir()
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, "live_synthetic" + (f"_{sanitize}" if sanitize else ""))
    compiler = ["clang++-14" if sanitize else "g++"]
    if shutil.which("ccache"):
        compiler.insert(0, "ccache")
    flags = ["-std=c++20", "-pthread", *(["-g1"] if sanitize else []), "-O1", "-Wall", "-Wextra", "-Wpedantic",
             "-Wconversion", "-Wshadow", "-Werror"]
    if sanitize:
        flags += [f"-fsanitize={sanitize}", "-fno-sanitize-recover=all"]
    # ccache keeps objects, not programs, so these are two steps. Other tests may be running it.
    source = os.path.join(PROGRAM_FOLDER, "synthetic.cpp")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        made = os.path.join(place, "made")
        # No path of this checkout is told: what ccache knows serves every other one.
        subprocess.run([*compiler, *flags, "-Iinclude", "-c", os.path.relpath(source, ROOT), "-o",
                        made + ".o"], check=True, cwd=ROOT)
        subprocess.run([compiler[-1], *flags, made + ".o", "-o", made], check=True)
        os.replace(made, out)
    _built[sanitize] = out
    return out


def environment(**changes):
    keep = {k: os.environ[k] for k in ("PATH", "HOME", "TMPDIR") if k in os.environ}
    base = {**keep, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    base.update(changes)
    return {k: v for k, v in base.items() if v is not None}


class Tmux:
    """One program in one tmux window of its own server."""

    def __init__(self, arguments, width=120, height=30, program=None, shell=False,
                 command=None, **changes):
        self.socket = tempfile.mktemp(prefix="tachyon-tmux-")
        self.status_file = self.socket + ".status"
        environment_words = [f"{k}={v}" for k, v in environment(**changes).items() if k != "TERM"]
        unset = [w for k, v in changes.items() if v is None for w in ("-u", k)]
        command = command or [program or build(), f"folder={PROGRAM_FOLDER}", *arguments]
        command = ["env", *unset, *environment_words, *command]
        script = " ".join(map(_quote, command)) + f"; echo $? > {self.status_file}; sleep 100"
        if shell:  # one with job control, which waits for more commands afterwards
            script = "bash --norc --noprofile -i"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  script)
        if shell:
            self.text(" ".join(map(_quote, command)))
            self.keys("Enter")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment()).stdout.decode("utf-8")

    def screen(self, styles=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if styles else []))

    def lines(self):
        return self.screen().split("\n")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self, text):
        self.tmux("send-keys", "-l", text)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait_for(self, wanted, seconds=60):
        """Until the screen holds a text, or a function of the screen is true."""
        check = wanted if callable(wanted) else lambda screen: wanted in screen
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # tmux may be in the middle of a picture, so it is looked at again.
            if check(self.screen()):
                time.sleep(0.05)
                screen = self.screen()
                if check(screen):
                    return screen
            time.sleep(0.02)
        raise AssertionError(f"did not see {wanted!r} on:\n{self.screen()}")

    def exit_status(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.path.exists(self.status_file):
                with open(self.status_file, encoding="ascii") as status:
                    text = status.read()
                if text.endswith("\n"):
                    return int(text)
            time.sleep(0.02)
        raise AssertionError(f"did not end:\n{self.screen()}")

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False,
                       stderr=subprocess.DEVNULL)
        for path in (self.status_file, self.socket):
            if os.path.exists(path):
                os.unlink(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _quote(word):
    return "'" + word.replace("'", "'\\''") + "'"


class Pty:
    """One program on a pseudo-terminal: the bytes themselves, signals, hang-up."""

    def __init__(self, arguments, width=100, height=30, program=None, command=None, **changes):
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        words = command or [program or build(), f"folder={PROGRAM_FOLDER}", *arguments]
        self.modes_before = self.modes()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
                for descriptor in range(3):
                    os.dup2(self.slave, descriptor)
                os.closerange(3, 1000)
                os.execve(words[0], words, environment(**changes))
            finally:
                os._exit(127)
        self.output = b""
        self.status = None

    def read(self, seconds):
        """What arrives next, if anything does within that time."""
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        data = os.read(self.master, 65536)
        self.output += data
        return data

    def read_for(self, seconds):
        """All that arrives within that time."""
        before = len(self.output)
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self.read(rest)
        return self.output[before:]

    def wait_for(self, wanted, seconds=60):
        end = time.monotonic() + seconds
        while wanted not in self.output:
            if time.monotonic() > end:
                raise AssertionError(f"did not see {wanted!r} in {self.output[-2000:]!r}")
            self.read(0.05)

    def write(self, data):
        os.write(self.master, data)

    def unread(self):
        """How many bytes wait to be read."""
        count = fcntl.ioctl(self.master, termios.FIONREAD, struct.pack("i", 0))
        return struct.unpack("i", count)[0]

    def modes(self):
        """The terminal's modes, as the next program would find them."""
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.modes()[3] & (termios.ICANON | termios.ECHO)

    def kill(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=60):
        """Exit status as a shell would give it."""
        end = time.monotonic() + seconds
        while self.status is None:
            if self.master >= 0:
                self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = code if code >= 0 else 128 - code
                break
            if time.monotonic() > end:
                raise AssertionError(f"did not end: {self.output[-500:]!r}")
        if self.master >= 0:
            self.read(0.2)
        return self.status

    def hang_up(self):
        os.close(self.master)
        self.master = -1

    def resize(self, width, height):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def close(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        if self.master >= 0:
            os.close(self.master)
        os.close(self.slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
