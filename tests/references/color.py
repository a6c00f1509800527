"""Colour to grey."""

from skimage import color

from references.table import Table

PIXELS = """
     12  80  33
    200   5  91
      7 150  64
     18 222  40
    255   3 170
      0 255  28
"""

TABLES = [
    Table(
        "color gray",
        {},
        "scikit-image 0.26.0, skimage.color.rgb2gray",
        peer=color.rgb2gray,
        image=PIXELS,
        channels=3,
        want="""
             62.1613
             52.6381
            113.4119
            165.5278
             68.5907
            184.4458
        """,
    ),
    Table(
        "color gray",
        {"luma": "bt709"},
        "scikit-image 0.26.0, skimage.color.rgb2gray",
        peer=color.rgb2gray,
        image=PIXELS,
        channels=3,
        want="""
             62.1613
             52.6381
            113.4119
            165.5278
             68.5907
            184.4458
        """,
    ),
    Table(
        "color gray",
        {"luma": "bt601"},
        "ITU-R BT.601-7, 2.5.1: 0.299 R + 0.587 G + 0.114 B",
        image=PIXELS,
        channels=3,
        want="""
              54.31
             73.109
             97.439
            140.256
             97.386
            152.877
        """,
    ),
    Table(
        "color gray",
        {},
        "by definition: grey is grey",
        image="""
            12
            80
            33
             7
        """,
        channels=1,
        want="""
            12
            80
            33
             7
        """,
    ),
]
