"""Pages from templates: what is not Markup is text, whatever it holds."""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from fourfold.compare.errors import visible


@cache
def templates(package, autoescape=True):
    """The templates of a package of reports, such as "fourfold.reports.lesson"."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=autoescape,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def sha256(text):
    """As a content security policy has it; the element holds this text and nothing else."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _finalize(value):
    return visible(value) if type(value) is str else value
