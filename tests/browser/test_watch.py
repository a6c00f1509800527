"""The watch sees what it is there for: complaints on the console, and requests beyond the page's own."""

from pathlib import Path

import pytest


@pytest.fixture
def watched(browse, watches, tmp_path):
    """Open a page of some HTML, and return what was seen; nothing of it fails the test."""

    def seen(html):
        path = tmp_path / "page.html"
        path.write_text(f"<!doctype html><meta charset=utf-8>{html}")
        browse(path).wait_for_load_state("networkidle")
        return watches.pop()

    return seen


def test_a_quiet_page_passes(watched):
    watch = watched(
        "<img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><script>console.log(1)</script>"
    )
    assert watch.messages == ["1"]
    watch.check()


@pytest.mark.parametrize(
    ("html", "part"),
    [
        ("<script>console.error('oh')</script>", "oh"),
        ("<script>absent()</script>", "absent is not defined"),
        ("<img alt='' src='http://127.0.0.1:9/a.png'>", "http://127.0.0.1:9/a.png"),
        ("<img alt='' src='beside.png'>", "/beside.png"),
        (
            "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><style>p {}</style>",
            "Content Security Policy",
        ),
    ],
)
def test_what_a_page_must_not_do_is_seen(watched, html, part):
    watch = watched(html)
    assert part in "\n".join((*watch.errors, *watch.strange))
    with pytest.raises(AssertionError):
        watch.check()


def test_looks_reach_the_page(browse, look, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><title>a</title>")
    page = browse(path, look)
    assert page.evaluate("innerWidth") == look.width
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (look.scheme == "dark")


def test_contributing_has_the_command_that_sets_these_tests_up(setup_command):
    assert f"`{setup_command}`" in (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
