"""A headless Chromium for tests, spoken to in the DevTools protocol over a pair of pipes.

Messages are JSON ended by a zero byte. Only what the tests need is here: open a page, evaluate,
press keys, move and click the mouse, set the window's size, take screenshots, and remember every
console error and uncaught exception.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="tachyon-chromium-")
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()

        def wire():  # the protocol's descriptors are 3 and 4
            a, b = os.dup(to_child), os.dup(from_child)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [
                find_chromium(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--mute-audio",
                "--force-color-profile=srgb",
                "--remote-debugging-pipe",
                f"--user-data-dir={self.home}",
                "about:blank",
            ],
            preexec_fn=wire,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        self._buffer = b""
        self._id = 0
        self._waiting = {}
        self.pages = {}

    def close(self):
        os.close(self._out)
        os.close(self._in)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def call(self, method, params=None, session=None, timeout=120):
        self._id += 1
        number = self._id
        message = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        end = time.monotonic() + timeout
        while number not in self._waiting:
            self._receive(end - time.monotonic(), method)
        answer = self._waiting.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _receive(self, timeout, what):
        if timeout <= 0 or not select.select([self._in], [], [], timeout)[0]:
            raise TimeoutError(f"no answer from the browser: {what}")
        chunk = os.read(self._in, 1 << 20)
        if not chunk:
            raise RuntimeError("the browser has ended")
        self._buffer += chunk
        while b"\0" in self._buffer:
            raw, self._buffer = self._buffer.split(b"\0", 1)
            message = json.loads(raw)
            if "id" in message:
                self._waiting[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message.get("sessionId")].event(message["method"], message["params"])

    def open(self, path, width=1280, height=800, dark=False, scale=1, fragment="", first=""):
        """A page in a context of its own: what pages store lasts as long as the context does."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call(
            "Target.createTarget", {"url": "about:blank", "browserContextId": context}
        )["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})[
            "sessionId"
        ]
        page = Page(self, context, session)
        self.pages[session] = page
        for domain in ("Page", "Runtime", "Log"):
            page.call(domain + ".enable")
        page.call("Performance.enable", {"timeDomain": "threadTicks"})  # CPU, not the clock
        page.size(width, height, scale)
        page.call(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]},
        )
        if first:  # a script of the test's that runs before any of the page's
            page.call("Page.addScriptToEvaluateOnNewDocument", {"source": first})
        page.go(path, fragment)
        return page


class Page:
    def __init__(self, browser, context, session):
        self.browser, self.context, self.session = browser, context, session
        self.errors = []
        self.loaded = False

    def call(self, method, params=None, timeout=120):
        return self.browser.call(method, params, self.session, timeout)

    def event(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in (
            "error",
            "warning",
            "assert",
        ):
            self.errors.append(
                " ".join(str(a.get("value", a.get("description"))) for a in params["args"])
            )
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def go(self, path, fragment="", timeout=120):
        self.loaded = False
        self.call("Page.navigate", {"url": "file://" + os.path.abspath(path) + fragment})
        end = time.monotonic() + timeout
        while not self.loaded:
            self.browser._receive(end - time.monotonic(), "load")

    def close(self):
        self.browser.call("Target.disposeBrowserContext", {"browserContextId": self.context})
        self.browser.pages.pop(self.session, None)

    def size(self, width, height, scale=1, phone=False):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone},
        )

    def js(self, expression, timeout=120):
        """The value of an expression; promises are awaited."""
        answer = self.call(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True, "awaitPromise": True},
            timeout,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait(self, expression, timeout=120):
        end = time.monotonic() + timeout
        while True:
            try:
                if self.js(expression):
                    return
            except RuntimeError:  # the page is just being replaced by the next one
                pass
            if time.monotonic() > end:
                raise AssertionError(f"still not so after {timeout} s: {expression}")
            time.sleep(0.02)

    def cpu(self):
        """Milliseconds of CPU that the page's main thread has used for tasks, since it was opened."""
        found = {one["name"]: one["value"] for one in self.call("Performance.getMetrics")["metrics"]}
        return found["TaskDuration"] * 1000

    def settle(self):
        """Until what was asked for has been painted."""
        self.js(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
        )

    def box(self, selector):
        box = self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " if (!e) return null; e.scrollIntoView({block: 'nearest'});"
            " const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()"
        )
        assert box, f"no element {selector}"
        assert box[2] > 0 and box[3] > 0, f"{selector} is not visible"
        return box

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)

    def click_at(self, x, y):
        self.move(x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1, buttons=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def click(self, selector):
        x, y, w, h = self.box(selector)
        self.click_at(x + w / 2, y + h / 2)

    def drag(self, x0, y0, x1, y1):
        self.move(x0, y0)
        self.mouse("mousePressed", x0, y0, button="left", clickCount=1, buttons=1)
        for i in range(1, 6):
            self.mouse(
                "mouseMoved",
                x0 + (x1 - x0) * i / 5,
                y0 + (y1 - y0) * i / 5,
                button="left",
                buttons=1,
            )
        self.mouse("mouseReleased", x1, y1, button="left", clickCount=1)

    KEYS = {
        "Enter": 13,
        "Escape": 27,
        "Tab": 9,
        " ": 32,
        "ArrowLeft": 37,
        "ArrowUp": 38,
        "ArrowRight": 39,
        "ArrowDown": 40,
    }

    def key(self, key, shift=False):
        code = self.KEYS.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call(
            "Input.dispatchKeyEvent",
            {"type": "keyDown" if text else "rawKeyDown", "text": text, **common},
        )
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **common})

    def type(self, text):
        self.call("Input.insertText", {"text": text})

    def screenshot(self, path):
        self.settle()
        data = self.call("Page.captureScreenshot", {"format": "png"})["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))
        return path

    def pdf(self, path):
        data = self.call("Page.printToPDF", {"printBackground": True})["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))
        return path
