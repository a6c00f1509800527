"""Pages as people see them: in a real browser, which is watched for what it complains of and asks for.

``browse`` opens a page and gives Playwright's; the test fails afterwards where the page wrote an error on its
console, or asked for anything beyond its own: another file, or another host. ``look`` runs a test four times:
at the width of a desk and of a phone, light and dark.
"""

import shutil
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

SETUP = "apt-get install -y chromium && pip install -e '.[browser]'"
"""What sets these tests up, on Debian as root."""

NAMES = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = (
    "--no-sandbox",  # which root cannot have
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)

WIDTHS, SCHEMES, HEIGHT = (1280, 390), ("light", "dark"), 844


@dataclass(frozen=True)
class Look:
    """How a page is looked at: pixels across, and which colours the reader asks for."""

    width: int = WIDTHS[0]
    scheme: str = SCHEMES[0]

    def __str__(self):
        return f"{self.width}-{self.scheme}"


@dataclass
class Watch:
    """What a page wrote on its console, and what it asked for."""

    url: str
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def follow(self, page):
        """Listen to a page that has not been opened yet."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def _console(self, message):
        (self.errors if message.type == "error" else self.messages).append(message.text)

    @property
    def strange(self):
        """What was asked for beyond the page's own: a file's is itself, a server's is all of its origin."""
        return [url for url in self.requests if not self._own(url)]

    def _own(self, url):
        asked, opened = urlsplit(url), urlsplit(self.url)
        if asked.scheme in ("data", "blob"):
            return True
        if opened.scheme == "file":
            return (asked.scheme, asked.path) == (opened.scheme, opened.path)
        return (asked.scheme, asked.netloc) == (opened.scheme, opened.netloc)

    def check(self):
        """Fail where it complained, or asked for more than its own."""
        assert (self.errors, self.strange) == ([], [])


@pytest.fixture
def setup_command():
    """What sets these tests up."""
    return SETUP


@pytest.fixture(scope="module")
def chromium():
    """The browser, once for the tests of a file."""
    reason = f"these tests need a browser; set up by: {SETUP}"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(reason)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def watches():
    """Those of the pages that a test opened."""
    return []


@pytest.fixture
def browse(chromium, watches):
    """Open an address, or a file, and give its page; what it did is checked when the test has ended."""
    contexts = []

    def opened(address, look=Look(), **options):
        url = str(address) if "://" in str(address) else address.resolve().as_uri()
        size = {"width": look.width, "height": HEIGHT}
        contexts.append(chromium.new_context(viewport=size, color_scheme=look.scheme, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        watches.append(Watch(url))
        watches[-1].follow(page)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    for watch in watches:
        watch.check()


@pytest.fixture(params=[Look(width, scheme) for width in WIDTHS for scheme in SCHEMES], ids=str)
def look(request):
    """How a page is looked at: wide and narrow, light and dark."""
    return request.param
