#!/usr/bin/env python3
"""Opens a report in a real browser and uses it, at the width of a desktop and of a phone.

    tests/browser/report.py REPORT.html SCREENSHOTS [SATURATED.html]

The third is the report of runs whose recording has saturated stretches: they must be seen as shaded.
Needs Chromium and its driver; speaks the WebDriver protocol itself, so there is nothing to install for Python.
Exits with 1 at the first thing that is not as it should be.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WIDTHS = {"desktop": (1200, 900), "phone": (390, 844)}
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A session of the WebDriver protocol."""

    def __init__(self, profile):
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        driver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
        if not chromium or not driver:
            sys.exit("needs chromium and chromedriver (Debian: chromium, chromium-driver)")
        self.log = open(os.path.join(profile, "driver.log"), "w+")
        self.process = subprocess.Popen([driver, "--port=0"], stdout=self.log, stderr=subprocess.STDOUT)
        self.address = f"http://127.0.0.1:{self.port()}"
        options = {
            "binary": chromium,
            "args": FLAGS + [f"--user-data-dir={profile}/data"],
            "perfLoggingPrefs": {"enableNetwork": True},
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{answer['sessionId']}"

    def port(self):
        for _ in range(200):
            self.log.seek(0)
            for line in self.log.read().splitlines():
                if "started successfully on port" in line:
                    return int(line.rsplit(" ", 1)[1].rstrip("."))
            time.sleep(0.1)
        sys.exit("chromedriver does not start")

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"].splitlines()[0]) from None

    def post(self, path, body):
        return self.ask("POST", self.session + path, body)

    def run(self, script, *arguments):
        return self.post("/execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        return self.post("/element", {"using": "css selector", "value": selector})

    def click(self, selector):
        self.show(selector)
        self.post(f"/element/{self.find(selector)[ELEMENT]}/click", {})

    def show(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)

    def pointer(self, *steps):
        """Moves and presses as a hand would; a step is ('move', element, x, y), 'down' or 'up'."""
        actions = []
        for step in steps:
            if step == "down":
                actions.append({"type": "pointerDown", "button": 0})
            elif step == "up":
                actions.append({"type": "pointerUp", "button": 0})
            else:
                _, element, x, y = step
                actions.append({"type": "pointerMove", "duration": 50, "origin": element, "x": int(x), "y": int(y)})
        self.post("/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def keys(self, text):
        presses = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": presses}]})

    def logs(self, kind):
        return self.post("/se/log", {"type": kind})

    def screenshot(self, path, whole=False):
        shot = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        try:
            self.ask("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait(timeout=30)


def check(holds, what):
    if not holds:
        raise AssertionError(what)
    print("ok", what)


def until(question, what):
    for _ in range(100):
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(what)


def settle(browser):
    """Two frames later everything that was asked for is drawn."""
    browser.post("/execute/async", {
        "script": "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))",
        "args": [],
    })


def spans(browser):
    return browser.run("return [...document.querySelectorAll('.plot')].map((p) => [Number(p.dataset.from), Number(p.dataset.to)])")


def use(browser, page, name, folder):
    width, height = WIDTHS[name]
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    browser.logs("performance")
    browser.logs("browser")
    browser.post("/url", {"url": page})
    until(lambda: browser.run("return document.querySelectorAll('.plot canvas').length >= 4"), "the charts are drawn")
    # A figure for people: a busy machine takes longer, so nothing is judged by it.
    milliseconds = browser.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(f"measured {name}: open with all charts drawn after {milliseconds:.0f} ms")
    settle(browser)

    # The first screen: question, answer, how sure.
    answer = browser.run("return document.querySelector('.answer').getBoundingClientRect().bottom")
    check(answer < height, f"{name}: the answer is on the first screen")
    overflow = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    check(overflow <= 0, f"{name}: the page is not wider than the screen")
    browser.screenshot(folder / f"report-{name}-first.png")

    # Zoom on one chart moves all.
    before = spans(browser)
    check(len(before) >= 4 and all(span == before[0] for span in before), f"{name}: all charts show the same time")
    browser.show(".plot .u-over")
    over = browser.find(".plot .u-over")
    box = browser.run("const b = arguments[0].getBoundingClientRect(); return [b.width, b.height]", over)
    browser.pointer(("move", over, -box[0] * 0.2, 0), "down", ("move", over, 0, 0), ("move", over, box[0] * 0.1, 0), "up")
    settle(browser)
    after = spans(browser)
    check(after[0] != before[0] and after[0][1] - after[0][0] < 0.5 * (before[0][1] - before[0][0]), f"{name}: dragging zooms")
    check(all(span == after[0] for span in after), f"{name}: zoom on one chart moves the others")

    # The cursor of one chart stands in all.
    browser.pointer(("move", over, box[0] * 0.05, 5))
    settle(browser)
    silent = browser.run(
        "return [...document.querySelectorAll('.chart')].filter((c) => ![...c.querySelectorAll('.toggle b')].some((b) => b.textContent)).length")
    check(silent == 0, f"{name}: the cursor of one chart shows values in all")
    browser.screenshot(folder / f"report-{name}-zoomed.png")

    # Lines can be switched off.
    browser.click(".toggle")
    check(browser.run("return document.querySelector('.toggle').getAttribute('aria-pressed')") == "false", f"{name}: a line is switched off")
    browser.click(".toggle")

    # By keyboard: back to everything.
    browser.run("document.querySelector('.plot').focus({preventScroll: true})")
    browser.keys("0")
    settle(browser)
    check(spans(browser) == before, f"{name}: the key 0 shows all")
    browser.keys("+")
    settle(browser)
    zoomed = spans(browser)
    check(zoomed != before and all(span == zoomed[0] for span in zoomed), f"{name}: the key + zooms")
    browser.keys("0")

    # Pointing at the frontier shows the parameters; a click keeps them and shows the run.
    count = browser.run("return document.querySelectorAll('.point').length")
    check(count >= 2, f"{name}: the frontier has points")
    for index in {0, count - 1}:
        place = browser.run("const p = document.querySelectorAll('.point')[arguments[0]]; p.id = 'tested'; return p.dataset.frontier", index)
        browser.show("#tested")
        browser.pointer(("move", browser.find("#tested"), 0, 0))
        settle(browser)
        told = browser.run("return document.getElementById('point-' + arguments[0]).innerText", place)
        label = browser.run("return document.getElementById('tested').getAttribute('aria-label')")
        check("cost" in told and label.split(":")[0] in told, f"{name}: pointing at {label.split(':')[0]} shows its parameters")
        if index == count - 1:
            browser.screenshot(folder / f"report-{name}-frontier.png")
        browser.click("#tested")
        check(browser.run("return document.getElementById('tested').getAttribute('aria-pressed')") == "true", f"{name}: a click keeps it")
        browser.run("document.getElementById('tested').removeAttribute('id')")

    # The decision log moves the timeline.
    check(browser.run("return document.querySelectorAll('.entry').length") > 0, f"{name}: there are decisions")
    at = browser.run(
        "const all = document.querySelectorAll('.entry'); const e = all[Math.floor(all.length / 2)]; e.id = 'decision'; return Number(e.dataset.at)")
    browser.click("#decision")
    settle(browser)
    low, high = spans(browser)[0]
    check(low <= at <= high and high - low <= 7200.001, f"{name}: a decision moves the timeline to its time")
    until(lambda: abs(browser.run("return document.getElementById('timeline').getBoundingClientRect().top")) < height / 2,
          f"{name}: a decision scrolls to the timeline")
    print("ok", f"{name}: a decision scrolls to the timeline")
    time.sleep(0.5)
    browser.screenshot(folder / f"report-{name}-decision.png")

    # Dark.
    browser.run("window.scrollTo({top: 0, behavior: 'instant'})")
    was = browser.run("return getComputedStyle(document.body).backgroundColor")
    browser.click("#theme")
    settle(browser)
    check(browser.run("return getComputedStyle(document.body).backgroundColor") != was, f"{name}: the theme changes")
    browser.screenshot(folder / f"report-{name}-dark.png", whole=True)
    browser.click("#theme")
    settle(browser)
    browser.screenshot(folder / f"report-{name}.png", whole=True)

    errors = [entry["message"] for entry in browser.logs("browser") if entry["level"] in ("SEVERE", "WARNING")]
    check(not errors, f"{name}: no console error {errors[:3]}")
    requests = []
    for entry in browser.logs("performance"):
        message = json.loads(entry["message"])["message"]
        # The browser's own first tab may still be loading: only what this document asks for counts.
        if message["method"] == "Network.requestWillBeSent" and message["params"]["documentURL"].split("#")[0] == page:
            requests.append(message["params"]["request"]["url"])
    outside = [url for url in requests if url.split("#")[0] != page and not url.startswith("data:")]
    check(requests and not outside, f"{name}: nothing is loaded but the file {outside[:3]}")


# The colours of a chart's ground, a pixel above its foot, in the middle of what is saturated and of what is not. What is
# drawn there is not asked for: lines and grids cover little of so many rows, and the most frequent colour is taken.
GROUND = """
const data = JSON.parse(document.getElementById('data').textContent);
const spans = data.runs[0].censored;
return [...document.querySelectorAll('.plot')].map((plot) => {
  const canvas = plot.querySelector('canvas'), over = plot.querySelector('.u-over').getBoundingClientRect();
  const frame = canvas.getBoundingClientRect(), scale = canvas.width / frame.width;
  const from = Number(plot.dataset.from), to = Number(plot.dataset.to);
  const at = (seconds) => {
    const x = Math.round((over.left - frame.left + over.width * (seconds - from) / (to - from)) * scale);
    const top = Math.round((over.top - frame.top) * scale), height = Math.round(over.height * scale);
    const pixels = canvas.getContext('2d').getImageData(x, top, 1, height).data;
    const counts = {};
    for (let i = 0; i < pixels.length; i += 4) {
      const color = [...pixels.slice(i, i + 4)].join(',');
      counts[color] = (counts[color] || 0) + 1;
    }
    return Object.entries(counts).sort((a, b) => b[1] - a[1])[0][0];
  };
  const [first, last] = spans[0];
  return { inside: at(first + 0.37 * (last - first)), outside: at(last + 0.37 * (to - last)) };
});
"""


def saturated(browser, page, folder):
    """Stretches in which the recorded system was saturated are shaded in every chart over time, and said to be."""
    width, height = WIDTHS["desktop"]
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    browser.post("/url", {"url": page})
    until(lambda: browser.run("return document.querySelectorAll('.plot canvas').length >= 4"), "the charts are drawn")
    settle(browser)
    grounds = browser.run(GROUND)
    shaded = [ground for ground in grounds if ground["inside"] != ground["outside"]]
    check(len(shaded) == len(grounds), f"saturated stretches are shaded in all {len(grounds)} charts {grounds}")
    check("saturated" in browser.run("return document.body.innerText"), "what the shade means is said")
    browser.show("#timeline")
    settle(browser)
    browser.screenshot(folder / "report-saturated.png")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    page = pathlib.Path(sys.argv[1]).resolve().as_uri()
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            for name in WIDTHS:
                use(browser, page, name, folder)
            for name in sys.argv[3:]:
                saturated(browser, pathlib.Path(name).resolve().as_uri(), folder)
        except AssertionError as error:
            browser.screenshot(folder / "failed.png")
            sys.exit(f"not ok: {error}")
        finally:
            browser.close()


if __name__ == "__main__":
    main()
