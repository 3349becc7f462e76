# SPDX-License-Identifier: BSD-2-Clause
"""A headless Chromium on a pipe, as far as the tests of a page need it: no port, no driver, nothing but the browser."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-default-browser-check",
         "--hide-scrollbars", "--remote-debugging-pipe"]
LIMIT = 120  # seconds, of a machine that has much else to do


def found():
    """The path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self):
        self.home = tempfile.mkdtemp()
        to_read, self.to = os.pipe()
        self.come, from_write = os.pipe()
        # The browser reads from descriptor 3 and writes to 4.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec \"$@\" 3<&{to_read} 4>&{from_write}", "sh", found(), *FLAGS, f"--user-data-dir={self.home}",
             "about:blank"],
            pass_fds=(to_read, from_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.rest, self.number, self.events = b"", 0, []

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def read(self, until):
        """One message."""
        while b"\0" not in self.rest:
            if not select.select([self.come], [], [], max(0, until - time.monotonic()))[0]:
                raise RuntimeError("the browser says nothing")
            more = os.read(self.come, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self.rest += more
        one, self.rest = self.rest.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + LIMIT
        while True:
            answer = self.read(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method, session):
        until = time.monotonic() + LIMIT
        while True:
            for i, event in enumerate(self.events):
                if event.get("method") == method and event.get("sessionId") == session:
                    return self.events.pop(i)
            self.events.append(self.read(until))


class Page:
    """A tab with a file in it. Scheme is "light" or "dark"."""

    def __init__(self, browser, path, scheme="light", scripts=True, width=1400, height=900):
        self.browser, self.url = browser, "file://" + os.path.abspath(path)
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        if not scripts:
            self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Page.navigate", url=self.url)
        browser.wait("Page.loadEventFired", self.session)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def run(self, expression, wait=False):
        """What an expression of JavaScript is, in the page: as JSON."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=wait)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        return answer["result"].get("value")

    def key(self, key, code=0, text=""):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def click(self, selector):
        """With the mouse, where it is seen, once it has stopped to move: a page scrolls smoothly to what a link leads to."""
        look = f"""(() => {{
            const e = document.querySelector({json.dumps(selector)});
            e.scrollIntoView({{block: 'center', behavior: 'instant'}});
            const r = e.getBoundingClientRect(), x = r.x + Math.min(r.width / 2, 9), y = r.y + r.height / 2;
            return [x, y, e.contains(document.elementFromPoint(x, y))];
        }})()"""
        was, until = None, time.monotonic() + LIMIT
        while True:
            x, y, hit = place = self.run(look)
            if hit and place == was:
                break
            if time.monotonic() > until:
                raise RuntimeError(f"{selector} does not come to rest where it can be clicked")
            was = place
            time.sleep(0.03)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def said(self):
        """What the console, the log and uncaught exceptions said."""
        self.run("1")
        of = [e for e in self.browser.events if e.get("sessionId") == self.session]
        words = [e["params"]["entry"]["text"] for e in of if e["method"] == "Log.entryAdded"]
        words += [str(e["params"]["args"]) for e in of if e["method"] == "Runtime.consoleAPICalled"]
        words += [e["params"]["exceptionDetails"]["text"] for e in of if e["method"] == "Runtime.exceptionThrown"]
        return words

    def requests(self):
        """Every address that was asked for, but its own."""
        self.run("1")
        return [e["params"]["request"]["url"] for e in self.browser.events
                if e.get("sessionId") == self.session and e["method"] == "Network.requestWillBeSent"
                and e["params"]["request"]["url"].split("#")[0] != self.url.split("#")[0]]

    def seconds(self):
        """Of CPU that its main thread took."""
        return {m["name"]: m["value"] for m in self.call("Performance.getMetrics")["metrics"]}
