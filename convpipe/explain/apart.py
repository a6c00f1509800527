"""What is said of ops that stand apart: whole images, views, layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convpipe.explain.account import Account
from convpipe.explain.text import MOST_SHOWN
from convpipe.explain.window import under
from convpipe.ops import Frame, Layer, Turn, Warp

if TYPE_CHECKING:
    from convpipe.explain.pixel import Pixel
    from convpipe.plan import NodePlan


def stands_apart(node: NodePlan, at: tuple[int, int], account: Account) -> None:
    """Say what a node is of the whole image, or from another side, for its pixel at a row and column."""
    op = node.ops[0]
    if isinstance(op, Frame):
        called(op, account)
    elif isinstance(op, Turn):
        seen(op, node, at, account)
    elif isinstance(op, Warp):
        interpolated(op, node, at, account)


def called(frame: Frame, account: Account) -> None:
    """Say what the whole image goes through."""
    given = ", ".join(f"{name}={_said(value)}" for name, value in frame.parameters)
    scale = "" if frame.full_scale == 1 else f", of values divided by {frame.full_scale:g}"
    account.say(f"the whole image goes through {frame.function}({given}){scale}")


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def seen(turn: Turn, node: NodePlan, at: tuple[int, int], account: Account) -> None:
    """Say which pixel of what it reads the pixel at `at` is."""
    row, col = turn.sampling(node.input).source(at)
    account.say(f"the pixel is that in row {row:g} and column {col:g} of what it reads")


def interpolated(warp: Warp, node: NodePlan, at: tuple[int, int], account: Account) -> None:
    """Say where the pixel at `at` lies in what it reads."""
    row, col = warp.transformation.source(*at)
    account.say(f"the pixel lies in row {row:.6g} and column {col:.6g} of what it reads ({warp.method})")


def filtered(layer: Layer, pixel: Pixel) -> None:
    """Say the sum of one filter, channel by channel of its group."""
    account, channel = pixel.account, pixel.channel
    if channel >= layer.filters:
        account.say("alpha is passed on from the centre of the window")
        return
    window, _ = under(pixel.entering, layer, pixel.places)
    count = layer.weights.shape[1]
    first = channel // (layer.filters // layer.groups) * count
    total = bias = layer.biases[channel] if layer.biases else 0.0
    for k, taps in enumerate(layer.weights.array[channel]):
        samples = window[..., first + k]
        total += float((samples * taps).sum())
        if k < MOST_SHOWN:
            account.products(f"of channel {first + k}:", samples, taps)
    more = f" of {count} channels" if count > 1 else ""
    account.say(f"all sums{more}, and the bias {bias:g}: {total:.6g}")
