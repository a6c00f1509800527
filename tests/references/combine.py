"""Images combined by a formula."""

import numpy as np

from references.table import Table

TABLES = [
    Table(
        "combine mine",
        {"formula": "abs(input - 128)"},
        "numpy, each number by hand",
        """
        116  48  95  72 123  37
        121  22  64 110  94  88
         29 125  42  73 100   3
         67 112 117  20  51 128
         55 102  14 127  79  12
        """,
        lambda image: np.abs(image - 128),
    )
]
