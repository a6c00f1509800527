"""Object stores: places that URLs name, `s3://`, `gs://`, `az://`, `https://` and `memory://`.

What talks to them is in :mod:`convpipe.stores.store`, which a job without URLs does not load.
"""

from convpipe.stores.url import SCHEMES, Url, is_url, redacted

__all__ = ["SCHEMES", "Url", "is_url", "redacted"]
