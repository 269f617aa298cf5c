"""README.md as a package index shows it: nothing in it leads to a file that is not there."""

import re
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from fourfold.reports import description

README = Path("README.md").read_text(encoding="utf-8")
SOURCE = "https://host/us/ours"


def targets(text):
    """Where the links and pictures of a text lead, as it is rendered."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    for token in tokens:
        for t in (token, *(token.children or ())):
            if t.type in {"link_open", "image"}:
                yield str(t.attrs.get("href") or t.attrs["src"])


def test_the_committed_description_is_what_readme_gives():
    assert Path(description.DESCRIPTION).read_bytes() == description.made(), "run: make readme"
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert project["readme"] == description.DESCRIPTION


@pytest.mark.parametrize("source", ["", SOURCE, f"{SOURCE}/"])
def test_no_link_is_relative(source):
    relative = [target for target in targets(README) if not target.startswith("https:")]
    assert len(relative) > 10
    text = description.described(README, source)
    if not source:
        assert [*targets(text)] == []
    else:
        there = {f"{SOURCE}/{kind}/main/{target}" for target in relative for kind in ("blob", "raw")}
        assert len([*targets(text)]) == len(relative)
        assert {*targets(text)} <= there
        assert f"({SOURCE}/raw/main/reports/reference/matrix.svg)" in text


@pytest.mark.parametrize("source", ["", SOURCE])
def test_code_and_words_stay(source):
    code = re.compile(r"(?ms)^```.*?^```")
    text = description.described(README, source)
    assert code.findall(text) == code.findall(README)
    assert "<!--" not in text
    assert text.count("\n## ") == README.count("\n## ")
    for words in re.findall(r"\[([^\[\]!]+)\]\(", re.sub(code, "", README)):
        assert words in text
