"""What Google's XML API says otherwise than S3's, for a server of S3 behind.

Queries, bodies and listings are the same in both: https://cloud.google.com/storage/docs/interoperability.
Google's own headers are from https://cloud.google.com/storage/docs/xml-api/reference-headers.
"""

import hashlib
from urllib.parse import quote, unquote

from stores.faulty import Handler

TOKEN = "ya29.hush-hush-hush-hush"
"""Of OAuth: who has another one is refused."""


class Google(Handler):
    """Translates headers; one of Google's that it does not know is refused, and not left out."""

    def parse_request(self):
        """Read a request; obstore writes `a%2Fb%2Epng` to Google, and to S3 `a/b.png`: the same name."""
        read = super().parse_request()
        if read:
            path, mark, query = self.path.partition("?")
            self.path = quote(unquote(path)) + mark + query
        return read

    def request_headers(self, headers):
        """Return the headers of S3 that mean the same."""
        headers = {name.lower(): value for name, value in headers.items()}
        if headers.get("authorization") != f"Bearer {TOKEN}":  # which moto lets in as it is
            raise ValueError("that token is none")
        # x-goog-if-generation-match: 0 is the condition that there is no live version of the object.
        if headers.pop("x-goog-if-generation-match", None) == "0":
            headers["if-none-match"] = "*"
        unknown = [name for name in headers if name.startswith(("x-goog-", "x-amz-"))]
        if unknown:
            raise ValueError(f"{unknown} are not translated")
        return headers

    def response_headers(self, headers):
        """Return the headers of Google that mean the same."""
        found = {name: value for name, value in headers.items() if not name.lower().startswith("x-amz")}
        # x-goog-generation: a number, which each write of an object makes another; S3 has names of versions.
        version = next((value for name, value in headers.items() if name.lower() == "x-amz-version-id"), None)
        if version is not None:
            found["x-goog-generation"] = str(int.from_bytes(hashlib.sha256(version.encode()).digest()[:7]))
        return found
