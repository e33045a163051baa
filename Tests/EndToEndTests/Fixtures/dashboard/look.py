"""Looks at the dashboard of a live gateway with Chromium, as a person would.

usage: look.py URL KEY TOKEN FOLDER

KEY is a tenant's key with all scopes; the tenant has a destination `sink` that takes what it gets. TOKEN is the operator's.
Screenshots go to FOLDER. Ends with 1 at the first thing that is not as it should be.
"""

import json
import os
import re
import sys
import time
import urllib.request

from playwright.sync_api import expect, sync_playwright

import checks

URL, KEY, TOKEN, FOLDER = sys.argv[1:]
FLAG = "/flags/production/new-host"
PAGES = [
    "/", "/destinations", "/destinations/sink", "/requests", "/dead-letters", "/dead-letters?count=yes", "/replays", "/flags", FLAG,
]


def post(body):
    request = urllib.request.Request(URL + "/in/sink/hello", data=body, headers={"Sluice-Key": KEY})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers["Location"].rsplit("/", 1)[1]


def send(method, path, document):
    body = json.dumps(document).encode()
    headers = {"Sluice-Key": KEY, "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(URL + path, data=body, headers=headers, method=method), timeout=20).close()


def roll_out():
    """A flag with a rollout that has begun."""
    flag = "/v1/environments/production/flags/new-host"
    variants = {"old": "a", "new": "b"}
    send("PUT", flag, {"definition": {"state": "ENABLED", "variants": variants, "defaultVariant": "old"}})
    send("POST", flag + "/rollout", {"control": "old", "treatment": "new", "steps": [{"weight": 100, "hold_s": 600}]})


def watched(context, faults):
    """A page whose errors and refused loads are collected."""
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    # What is still under way when the page is left is aborted, and no fault.
    page.on("requestfailed", lambda request: None if request.failure == "net::ERR_ABORTED" else faults.append("failed: " + request.url))
    page.set_default_timeout(15_000)
    return page


def log_in(page, key):
    page.goto(URL + "/")
    expect(page).to_have_url(re.compile("/login"))
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


def shot(page, name):
    page.screenshot(path=f"{FOLDER}/{name}.png", full_page=True)


def name_of(path):
    return re.sub(r"\W+", "-", path.split("?")[0]).strip("-") or "overview"


def all_pages(page, request):
    for path in PAGES + ["/requests/" + request]:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(URL + path)
            checks.page(page)
            name = "request" if path.endswith(request) else name_of(path)
            shot(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 800})
    for path in PAGES:
        page.goto(URL + path)
        checks.fits(page)
    shot(page, "narrow")
    page.set_viewport_size({"width": 1280, "height": 800})


def evidence(page):
    """The guard's first check comes within seconds, and is seen without reloading."""
    page.goto(URL + FLAG)
    expect(page.get_by_role("heading", name="Steps")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("treatment"))).to_be_visible()


def hostile(page, request):
    page.goto(URL + "/requests/" + request)
    expect(page.get_by_text("<script>document.title = 'taken'</script>")).to_be_visible()
    assert "taken" not in page.title(), "a body became a script"


def live(page):
    page.goto(URL + "/requests")
    expect(page.locator("#freshness")).to_have_text("Live")
    request = post(b"live")
    expect(page.locator(f'a[href="/requests/{request}"]')).to_be_visible()
    page.locator(f'a[href="/requests/{request}"]').focus()
    later = post(b"later")
    expect(page.locator(f'a[href="/requests/{later}"]')).to_be_visible()
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused == "/requests/" + request, f"the focus went to {focused}"


def by_keyboard(page):
    """Pauses a circuit, from the overview on, without a mouse."""
    page.goto(URL + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop is not the skip link"
    tab_to(page, lambda: page.evaluate("document.activeElement.textContent") == "Destinations")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Destinations")).to_be_visible()
    tab_to(page, lambda: page.evaluate("document.activeElement.textContent") == "sink")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="sink")).to_be_visible()
    tab_to(page, lambda: page.evaluate("document.activeElement.id") == "f-command")
    page.keyboard.type("Pau")
    tab_to(page, lambda: page.evaluate("document.activeElement.id") == "f-reason")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The circuit has taken the command.")).to_be_visible()
    expect(page.locator("#live-state").get_by_text("forced open")).to_be_visible()
    shot(page, "paused")
    page.goto(URL + "/")
    expect(page.locator("#live-circuits").get_by_role("link", name="sink")).to_be_visible()


def tab_to(page, is_there, limit=60):
    for _ in range(limit):
        if is_there():
            return
        page.keyboard.press("Tab")
        checks.focus(page)
    raise AssertionError("it can't be reached by keyboard")


def without_script(browser, request):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(URL + "/login")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Log in").click()
    for path in PAGES + ["/requests/" + request]:
        answer = page.goto(URL + path)
        assert answer.status == 200, path
        expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text("<script>document.title = 'taken'</script>")).to_be_visible()
    page.goto(URL + "/requests")
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    assert page.locator("tbody tr").count() > 0, "no request is seen without the script"
    shot(page, "without-script")
    context.close()


def main():
    started = time.monotonic()
    os.makedirs(FOLDER, exist_ok=True)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=arguments)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        faults = []
        page = watched(context, faults)
        page.goto(URL + "/login")
        checks.page(page)
        shot(page, "login")
        log_in(page, KEY)
        request = post(b"<script>document.title = 'taken'</script>")
        roll_out()
        all_pages(page, request)
        evidence(page)
        hostile(page, request)
        live(page)
        by_keyboard(page)
        without_script(browser, request)
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(re.compile("/login"))
        log_in(page, TOKEN)
        page.get_by_role("link", name="acme").last.click()
        expect(page.get_by_text("Operator · tenant")).to_be_visible()
        checks.page(page)
        shot(page, "operator")
        assert not faults, "\n".join(faults)
        browser.close()
    print(f"the dashboard is as it should be ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
