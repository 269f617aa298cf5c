"""`make lesson`, or python -m tests.makers.loop LESSON.html LOOP.gif: README's first picture, a loop of the page."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from fourfold.compare.system import files
from tests.browsers import FLAGS, installed

WINDOW = {"width": 1440, "height": 840}
WIDTH, COLOURS = 900, 48
FRAMES = 12  # of training


def main(lesson, picture):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        tab = browser.new_page(viewport=WINDOW, reduced_motion="reduce")
        tab.goto(Path(lesson).absolute().as_uri())
        tab.wait_for_selector("html[data-ready]")
        shots = [*trained(tab), *broken(tab)]
        browser.close()
    files.write_whole(Path(picture), as_gif(shots))


def trained(tab):
    """[(screenshot, seconds)]: the live network learns XOR."""
    tab.click("#alive-play")
    shots = []
    for _ in range(FRAMES):
        tab.wait_for_timeout(700)
        shots.append((tab.screenshot(), 0.3))
    tab.click("#alive-play")
    return [*shots, (tab.screenshot(), 1.2)]


def broken(tab):
    """The same of an equation: a number is pointed at, a mistake is planted, and repaired."""
    tab.evaluate("location.hash = '#E16&step=1000'")
    tab.wait_for_timeout(300)
    tab.evaluate("document.querySelector('#E16 .formula').scrollIntoView({ behavior: 'instant' })")
    shots = [(tab.screenshot(), 1.2)]
    tab.hover("#E16 .matrix[data-q=dL_dH] td >> nth=4")
    shots.append((tab.screenshot(), 2))
    tab.select_option("#mistake", "slope-missing")
    tab.wait_for_timeout(200)
    shots.append((tab.screenshot(), 2.5))
    tab.click("#repair")
    tab.wait_for_timeout(200)
    return [*shots, (tab.screenshot(), 1.5)]


def as_gif(shots):
    """The bytes of an endless loop."""
    pictures, durations = [], []
    for shot, seconds in shots:
        picture = Image.open(io.BytesIO(shot)).convert("RGB")
        small = picture.resize((WIDTH, WIDTH * picture.height // picture.width), Image.Resampling.LANCZOS)
        pictures.append(small.quantize(COLOURS, dither=Image.Dither.NONE))
        durations.append(round(1000 * seconds))
    first, *rest = pictures
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:])
