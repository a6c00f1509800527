"""Which backend is quicker for a plan: the processor, or the device with the way there and back.

The rates are round figures for a 2020s server: measured ones move the size from which the device pays,
not the sense of it. Small images and short pipelines stay on the processor, because the image travels
over the bus twice.
"""

from __future__ import annotations

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.plan import IMAGE, NodePlan, Plan

CORE = 90e9
"""Operations a second of one core in a fused loop: blur 5x5 + Sobel at 4096x4096 takes 4.5 ms on two."""

ENTER = 20e-6
"""Seconds to enter the compiled loop on all cores."""

BUS = 12e9
"""Bytes a second between the memories, through unpinned memory over PCIe 4."""

DEVICE_OPERATIONS = 5e12
"""Operations a second of the device in a tiled kernel."""

DEVICE_MEMORY = 1e12
"""Bytes a second of the device's own memory."""

LAUNCH = 60e-6
"""Seconds for an image's allocations and copies to get going, and as much for each kernel."""


@dataclass(frozen=True)
class Estimate:
    """Seconds for one image on each backend.

    Parameters
    ----------
    cpu, cuda : float
    """

    cpu: float
    cuda: float

    @property
    def backend(self) -> str:
        """The quicker one."""
        return "cuda" if self.cuda < self.cpu else "cpu"

    def __str__(self) -> str:
        return f"estimated {1e3 * self.cuda:.3g} ms on the device, {1e3 * self.cpu:.3g} ms on the processor"


def estimate(plan: Plan, cores: int) -> Estimate:
    """Estimate the time of one image from the plan's operations and bytes.

    Examples
    --------
    >>> from convpipe import Pipeline, stage
    >>> p = Pipeline([stage("blur", "gaussian", sigma=8), stage("edge", "sobel")], backend="cpu")
    >>> [estimate(p.plan((side, side)), cores=2).backend for side in (64, 4096)]
    ['cpu', 'cuda']
    """
    moved = plan.input_bytes + plan.output_bytes
    work = max(plan.operations / DEVICE_OPERATIONS, moved / DEVICE_MEMORY)
    operations = sum(_on_processor(node) for node in plan.nodes)
    # An image whose numbers are needed comes back for them.
    measured = sum(_bytes(plan, node.inputs[0]) for node in plan.nodes if node.reduces)
    return Estimate(
        cpu=operations / (CORE * cores) + ENTER,
        cuda=(moved + measured) / BUS + (1 + len(plan.nodes)) * LAUNCH + work,
    )


def _bytes(plan: Plan, node: int) -> int:
    """Return the size of what a node gives, where it stands on the device; the image is on the host, too."""
    return 0 if node == IMAGE else plan.nodes[node].samples * np.dtype(plan.compute).itemsize


def _on_processor(node: NodePlan) -> int:
    """Return the operations of a node there; where its window goes through transforms, their worth."""
    return node.operations if node.tiles is None else 2 * node.tiles.work * node.tiles.channels
