"""python -m tests.lock REPORT: the requirements, with hashes, in what pip install --dry-run --report has written."""

import json
import sys

from packaging.utils import canonicalize_name

HEAD = """\
# The tested set-up without PyTorch, whose builds for one version differ from place to place: Python {python}, {system}.
# pip install --require-hashes -r requirements.lock, then pip install torch, then pip install --no-deps .
"""


def lines(report):
    """A heading, and a line a distribution; our own is left out."""
    about = report["environment"]
    yield HEAD.format(python=about["python_version"], system=f"{about['platform_system']} {about['platform_machine']}")
    for found in sorted(report["install"], key=lambda found: canonicalize_name(found["metadata"]["name"])):
        info, about = found["download_info"], found["metadata"]
        if "dir_info" not in info:
            sha256 = info["archive_info"]["hashes"]["sha256"]
            yield f"{canonicalize_name(about['name'])}=={about['version']} --hash=sha256:{sha256}\n"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(*lines(json.load(file)), sep="", end="")
