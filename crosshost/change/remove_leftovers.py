"""``remove-leftovers``: the way out after a run that was killed.

To be run when nothing else runs on the stack (`pulumi cancel` frees a stack whose run was killed).
"""

from __future__ import annotations

from crosshost import state as states
from crosshost.look.leftovers import connect, find
from crosshost.options import Stack, Yes, agreed
from crosshost.writing import progress
from planning.answers import printable


def remove_leftovers(stack: Stack, yes: Yes = False) -> None:
    """Remove what `leftovers` lists, and the operations that Pulumi remembers as pending."""
    state = states.export(stack)
    pending = state["deployment"].get("pending_operations") or []
    remote = connect(stack, state)
    found = find(stack, state, remote)
    for one in found:
        print(one)
    for operation in pending:
        print(f"pending in the state: {operation['type']} {operation['resource']['urn']}")
    if not found and not pending:
        print("nothing is left over")
        return
    if not agreed("Remove all of it?", yes=yes):
        return
    # Containers go before the networks that they are on.
    for one in found:
        with progress(f"removing {one}"):
            done = remote.run(one.host, one.removal())
        if done.code != 0:
            raise SystemExit(f"{one} could not be removed: {printable(done.err.strip(), 300)}")
    if pending:
        del state["deployment"]["pending_operations"]
        states.replace(stack, state)
