"""URLs of objects and of what lies below a prefix; what they show of themselves holds no secret."""

from __future__ import annotations

import re
from dataclasses import field, replace
from pathlib import PurePath
from typing import Self
from urllib.parse import quote, unquote

from convpipe.dataclass import dataclass
from convpipe.errors import JobError, ParameterError

SCHEMES = ("s3", "gs", "az", "https", "http", "memory")
"""Of the stores that are known; `memory` is one within the process, for tests."""

WEB = ("https", "http")
"""Those of servers that list nothing, and take nothing."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # at least two letters: C: is a drive
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,30})://[^\s\"'<>]+")  # bounded: texts of megabytes are searched
_USER = re.compile(r"(?<=//)[^/@]+(?=@)")
_QUERY = re.compile(r"(?<=\?)(?!\.\.\.(?::[0-9]+)*:?$).+", re.DOTALL)  # but for one that is redacted


def is_url(text: object) -> bool:
    """Tell whether a text is a URL, and not a path.

    Examples
    --------
    >>> is_url("s3://bucket/in"), is_url("photos"), is_url("C:/photos")
    (True, False, False)
    """
    return isinstance(text, str) and _SCHEME.match(text) is not None


def redacted(text: str, *, long: bool = False) -> str:
    """Return a text without what URLs in it may hold of secrets: names and passwords, and signed queries.

    Parameters
    ----------
    text : str
    long : bool
        Whether it stays as long as it was.

    Examples
    --------
    >>> redacted("GET https://me:pass@host/a.png?X-Amz-Signature=5f failed")
    'GET https://...@host/a.png?... failed'
    >>> redacted("https://host/job.yaml?...:3:5: wrong")
    'https://host/job.yaml?...:3:5: wrong'
    """

    def dots(found: re.Match[str]) -> str:
        return "." * (len(found[0]) if long else 3)

    def of_url(found: re.Match[str]) -> str:
        shown = _USER.sub(dots, found[0])
        return _QUERY.sub(dots, shown) if found[1].lower() in WEB else shown

    return _URL.sub(of_url, text)


@dataclass(frozen=True)
class Url:
    """A URL: of an object, or of all that lies below a prefix.

    As text it shows no query, which may be a signature.

    Parameters
    ----------
    scheme : str
    host : str
        The bucket or container; of the web the host, with its port.
    key : str
        What follows, decoded, without slashes at its ends.
    folder : bool
        Whether it is plainly no object: it ended in a slash, or has no key.
    query : str
        Of the web alone.

    Examples
    --------
    >>> url = Url.parse("s3://bucket/in/a.png")
    >>> str(url), str(url.parent), url.name, str(url.parent / "b.png")
    ('s3://bucket/in/a.png', 's3://bucket/in', 'a.png', 's3://bucket/in/b.png')
    """

    scheme: str
    host: str
    key: str = ""
    folder: bool = False
    query: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a text says.

        Raises
        ------
        ParameterError
            It is no URL of a known store, or holds credentials, which come from the environment alone.
        """
        found = _SCHEME.match(text)
        scheme = found[1].lower() if found else ""
        if found is None or scheme not in SCHEMES:
            known = ", ".join(f"{each}://" for each in SCHEMES if each != "http")
            raise ParameterError(f"{redacted(text)!r} is no URL of a store; known are {known}")
        host, _, rest = text[found.end() :].partition("/")
        query = ""
        if scheme in WEB:
            host, _, lost = host.partition("?")
            rest, _, query = rest.partition("?")
            rest, query = unquote(rest.partition("#")[0]), (lost or query).partition("#")[0]
        if "@" in host:
            raise ParameterError(
                f"{redacted(text)!r} holds a name or a password; credentials come from the environment, "
                "never from a URL"
            )
        if not host:
            needed = "a host" if scheme in WEB else "a bucket"
            raise ParameterError(f"{redacted(text)!r} names no {needed[2:]}: it needs {needed} after //")
        if any(part in ("", ".", "..") for part in rest.strip("/").split("/")) and rest.strip("/"):
            raise ParameterError(f"{redacted(text)!r} has an empty part, '.' or '..', which no key has")
        return cls(scheme, host, rest.strip("/"), not rest or rest.endswith("/"), query)

    def __str__(self) -> str:
        tail = f"/{self.key}" if self.key else ""
        return f"{self.scheme}://{self.host}{tail}{'?...' if self.query else ''}"

    def __truediv__(self, relative: str | PurePath) -> Url:
        """Return what lies below, at a relative path."""
        below = PurePath(relative).as_posix()
        if below == ".":
            return self
        return replace(self, key=f"{self.key}/{below}" if self.key else below, folder=False)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """That part without its extension."""
        return PurePath(self.name).stem

    @property
    def suffix(self) -> str:
        """The extension of that part, with its dot."""
        return PurePath(self.name).suffix

    @property
    def parent(self) -> Url:
        """What it lies in."""
        return replace(self, key=self.key.rpartition("/")[0], folder=True)

    @property
    def is_web(self) -> bool:
        """Whether it is of a server that lists nothing, and takes nothing."""
        return self.scheme in WEB

    def to_write(self, what: str) -> Url:
        """Return this, below which something is to be written; `what` names it.

        Raises
        ------
        JobError
            Nothing can be written there.
        """
        if self.is_web:
            raise JobError(f"{what} {str(self)!r} is of the web, where nothing can be written")
        return self

    def below(self, other: Url) -> str | None:
        """Return the path from another URL to this one; None where it does not lie there.

        Examples
        --------
        >>> out, bucket = Url.parse("s3://bucket/in/out"), Url.parse("s3://bucket")
        >>> out.below(bucket), bucket.below(out), out.below(out)
        ('in/out', None, '')
        """
        if (self.scheme, self.host) != (other.scheme, other.host):
            return None
        if not other.key or self.key == other.key:
            return self.key[len(other.key) :]
        inner = self.key.removeprefix(f"{other.key}/")
        return None if inner == self.key else inner

    @property
    def address(self) -> str:
        """All of it, as a server of the web is asked for it: never to be shown."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}/{quote(self.key)}{query}"
