"""matplotlib's SVG made small, and fit for a page that allows no styles but its own."""

import re

FONTS = "sans-serif"
NO_ATTRIBUTES = {"font-family", "-inkscape-font-specification"}


def compact(text):
    """The same picture, with attributes instead of styles and no unused names."""
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<style.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace("<svg ", f'<svg stroke-linejoin="round" stroke-linecap="butt" font-family="{FONTS}" ', 1)
    text = re.sub(r' style="([^"]*)"', _attributes, text)
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    text = re.sub(r'(?<=d=")[^"]*', _on_a_line, text)
    text = text.replace(' transform="rotate(-0 ', ' transform="rotate(0 ')
    return re.sub(r"\n\s+", "\n", text)


def inline(text):
    """A picture's file as a part of a page, in the page's own colours."""
    return text.replace("#1a1a1a", "currentColor").replace("#ffffff", "none")


def _on_a_line(path):
    return " ".join(path[0].split())


def _attributes(style):
    values = {}  # of what is said twice, the last counts
    for declaration in style[1].split(";"):
        name, colon, value = map(str.strip, declaration.partition(":"))
        if colon and name not in NO_ATTRIBUTES:
            values[name] = value
    return "".join(f' {name}="{value}"' for name, value in values.items())
