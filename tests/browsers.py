"""A real browser, from file://, without a network. Whatever it complains of, and whatever it would load, fails a test.

conftest.py hands its fixtures to every test; playwright is imported by those that use them.
"""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
LAPTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TABLET, PROJECTOR = {"width": 820, "height": 1180}, {"width": 1920, "height": 1080}
WIDTH = ["target-size", "scrollable-region-focusable"]  # axe's rules that depend on it; contrast depends on the theme


def installed():
    """The path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser():
    """One for all tests. Where none is installed the tests are skipped, but not in continuous integration."""
    path = installed()
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse(f"no browser: none of {', '.join(NAMES)} is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def window(browser):
    """(a window that one test after another uses, what it complains of): a page costs less than a window."""
    complaints = []
    return opened(browser, complaints), complaints


@pytest.fixture
def visit(browser, window):
    """Opens a file; whatever the browser complains of, and whatever it would load, fails the test.

    What needs no options is opened in the window that is there, in place of its page.
    """
    (shared, complaints), own = window, []
    complaints.clear()

    def visited(path, viewport=LAPTOP, script=None, ready=True, place="", scheme="light", motion=True, **options):
        tab = shared
        if script or options:
            tab = opened(browser, complaints, script, **options)
            own.append(tab)
        tab.goto("about:blank")  # or a file's other place would be the same page still
        tab.set_viewport_size(viewport)
        tab.emulate_media(media="null", color_scheme=scheme, reduced_motion="null" if motion else "reduce")
        tab.goto(f"{path.as_uri()}#{place}")
        if ready:
            tab.wait_for_selector("html[data-ready]")
        return tab

    yield visited
    for tab in own:
        tab.context.close()
    if shared.url != "about:blank":
        shared.evaluate("localStorage.clear()")
        shared.context.clear_permissions()
        shared.mouse.move(0, 0)
        shared.goto("about:blank")
    assert not complaints


def opened(browser, complaints, script=None, **options):
    """A window, with nothing of another's. It complains of what it would load as well."""
    context = browser.new_context(offline=True, **options)
    context.set_default_timeout(20_000)
    if script:
        context.add_init_script(script)
    tab = context.new_page()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    return tab


def faults(tab, within=("html",), **options):
    """What axe-core finds within the elements of these selectors, with its options: {rule: the elements}."""
    from axe_playwright_python.base import AXE_SCRIPT

    tab.evaluate(AXE_SCRIPT)
    run = "([within, options]) => axe.run(within, { resultTypes: ['violations'], ...options })"
    violations = tab.evaluate(run, [[*within], options])["violations"]
    return {fault["id"]: [node["html"][:200] for node in fault["nodes"][:3]] for fault in violations}
