"""`make paces`, or python -m tests.makers.paces LESSON.html: how long the page takes, in milliseconds, in a browser."""

import statistics
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.table import Table

from fourfold.compare.commands.terminal import out
from tests.browsers import FLAGS, LAPTOP, installed

VISITS = 5
MEASURED = {
    "a move of the slider": "for (let n = 1; n <= 20; n++) yield () => goTo(n);",
    "a mistake planted, and repaired": "yield () => breakIt('slope-missing'); yield () => breakIt('');",
    "a number pointed at": "for (const cell of all('#E19 .matrix td')) yield () => pointAt(cell);",
    "a frame of training, 8 wide": """alive.set({ width: 8 });
      for (let n = 0; n < 60; n++) yield () => { trainFor(16); showLive(); };""",
}


def main(lesson):
    paces = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        for _ in range(VISITS):
            tab = browser.new_page(viewport=LAPTOP)
            tab.goto(Path(lesson).absolute().as_uri())
            tab.wait_for_selector("html[data-ready]")
            paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            paces.setdefault("until something is seen", []).append(paint)
            tab.evaluate("document.getElementById('E19').scrollIntoView({ behavior: 'instant' })")
            for what, actions in MEASURED.items():
                paces.setdefault(what, []).extend(tab.evaluate(timed(actions)))
            tab.close()
        browser.close()
    table = Table("milliseconds", "median", "95 %", "most")
    for what, values in paces.items():
        numbers = statistics.median(values), statistics.quantiles(values, n=20)[-1], max(values)
        table.add_row(what, *(f"{number:.0f}" for number in numbers))
    out.print(table)


def timed(actions):
    """JavaScript that gives how long each action takes, the page laid out anew included."""
    return f"""async () => {{
      const times = [];
      for (const act of (function* () {{ {actions} }})()) {{
        const start = performance.now();
        act();
        document.body.offsetHeight;
        times.push(performance.now() - start);
        await new Promise(requestAnimationFrame);
      }}
      return times;
    }}"""


if __name__ == "__main__":
    main(*sys.argv[1:])
