"""Noise: the quantiles of distributions at numbers of Philox, whose counter is the row."""

from hashlib import sha256

import numpy as np
from scipy import stats

from references.table import Table

SOURCE = "NumPy 2.4.6, random.Philox; SciPy 1.17.1, stats"


def drawn(image, kind, seed=0):
    """Return the numbers of an image without a name."""
    key = int.from_bytes(sha256(f"{kind}\0{seed}\0".encode()).digest()[:16], "little")
    streams = (np.random.Philox(key=key, counter=row << 64) for row in range(len(image)))
    raw = [[stream.random_raw() for _ in line] for stream, line in zip(streams, image)]
    return (np.array(raw) // 2048 + 0.5) / 2**53


def gaussian(sigma, seed=0):
    return lambda image: image + stats.norm.ppf(drawn(image, "gaussian", seed)) * sigma


def salt_pepper(amount, salt=0.5, seed=0):
    def peppered(image):
        at = drawn(image, "salt_pepper", seed)
        return np.where(at < amount * salt, 1, np.where(at < amount, 0, image))

    return peppered


def poisson(gain, seed=0):
    return lambda image: gain * stats.poisson.ppf(drawn(image, "poisson", seed), image / gain)


TABLES = [
    Table(
        "noise gaussian",
        {"sigma": 10},
        SOURCE,
        peer=gaussian(10),
        want="""
            -10.980042 86.7328022 40.9881898 193.876203 15.2933088 94.7407384
            9.50488422 126.925424 73.6116786 24.1223553 230.425746  25.098425
            104.222772 -7.57015934 169.132139 50.0774171 41.5574837 124.839798
            69.2645139 228.742687 -2.11060251 118.556367 72.0967641 -0.336378146
            181.151726 32.8385161 157.703234 246.549716 49.8891481 114.863239
        """,
    ),
    Table(
        "noise gaussian",
        {"sigma": 2.5, "seed": 7},
        SOURCE,
        peer=gaussian(2.5, 7),
        want="""
            10.3249083 76.6398804  35.042979 195.557305 1.74474488 91.4179245
            10.6125651 151.435263 65.0536647 19.6412792 217.026834 39.6083924
             101.91003  4.6198055 171.155365 52.9812007 28.3405984 129.868693
            59.7457914 240.254038 9.14459715 105.665575 75.2606065 -2.36623679
            185.812568 25.7377403 142.690299 255.434182 46.9464026 113.342937
        """,
    ),
    Table(
        "noise salt_pepper",
        {},
        SOURCE,
        peer=salt_pepper(0.05),
        want="""
                    12         80         33        200          5         91
                     7        150         64         18        222         40
                    99          3        170         55         28        131
                    61        240         11        108         77          0
                   183         26        142          1         49        116
        """,
    ),
    Table(
        "noise salt_pepper",
        {"amount": 0.5, "salt": 0.25, "seed": 1},
        SOURCE,
        peer=salt_pepper(0.5, 0.25, 1),
        want="""
                     0          0          0        200          5         91
                     7          0          1         18          1         40
                    99          3          0         55          0          0
                     0          1          0        108          0          0
                     1         26          1          1         49        116
        """,
    ),
    Table(
        "noise poisson",
        {},
        SOURCE,
        peer=poisson(1 / 255),
        want="""
            12.0392157 80.7411765 32.8156863 200.384314 5.12156863 90.8196078
            6.92156863 150.972549 64.6666667 17.7607843 222.690196 40.1607843
            98.9686275 2.97647059 170.090196 54.9843137 28.8470588  130.74902
            61.5647059 239.878431  11.145098 108.356863 76.4666667          0
            182.341176 25.7607843 142.164706  255.54902  48.827451 115.584314
        """,
    ),
    Table(
        "noise poisson",
        {"gain": 20, "seed": 3},
        SOURCE,
        peer=poisson(20, 3),
        want="""
                    20        100        100        120          0         40
                     0        100         60          0        180         40
                    40          0        140         80         20        120
                    40        200          0        120         80          0
                   160         40         60        320         60         80
        """,
    ),
]
