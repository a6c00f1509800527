"""Where the output size of a stage comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convpipe.explain.account import Account
from convpipe.polyphase import Polyphase

if TYPE_CHECKING:
    from convpipe.plan import StagePlan


def describe(stage: StagePlan, account: Account) -> None:
    """Say which windows a stage slides, the formula of its output size with its numbers, and its reach."""
    rows, cols = stage.axes
    title = f"{stage.place}, {stage.name}"
    if isinstance(rows, Polyphase):
        account.say(f"{title}: up to {rows.kernel}x{cols.kernel} taps, of their own for every row and column")
    else:
        slid = [node for node in stage.nodes if not (node.is_join or node.apart)]
        axes = [stage.axes] if stage.rates else [node.axes for node in slid]
        sizes = ["x".join(str(axis.kernel) for axis in each) for each in axes]
        wide = dict.fromkeys(size for size in sizes if size != "1x1") or ["1x1"]
        window = f"{'a window' if len(axes) == 1 else 'windows'} of {', '.join(wide)}"
        account.say(
            f"{title}: {window} taps,"
            f" stride {rows.stride}x{cols.stride}, dilation {rows.dilation}x{cols.dilation},"
            f" padding {rows.before} above, {rows.after} below, {cols.before} left, {cols.after} right"
        )
        if stage.rates:
            account.say(f"  {stage.rates}")
        account.say("  output = floor((input + padding - dilation*(taps-1) - 1)/stride) + 1")
    for name, formula in zip(("rows", "columns"), stage.formulas, strict=True):
        account.say(f"  {name:<7} = {formula}")
    reach = "x".join(str(field.reach) for field in stage.field)
    account.say(f"  each output pixel depends on {reach} pixels of the image")
