"""Which of pytest-xdist's workers runs what: tests on hosts go to those that have a lab.

A lab test waits half of its time. A further worker runs other tests meanwhile, at a lower priority.
"""

from __future__ import annotations

import os

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

# Each has a lab of its own (Makefile, tests/lab/conftest.py).
WITH_LAB = ("gw0", "gw1", "gw2", "gw3")


class LabScheduling(LoadFileScheduling):
    """Files in their order, each on one worker; tests on hosts on the workers of WITH_LAB alone."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        found = next((file for file in self.workqueue if _may_run(node.gateway.id, file)), None)
        if found is None:
            node.shutdown()
            return
        self.workqueue.move_to_end(found, last=False)
        super()._assign_work_unit(node)


def give_way() -> None:
    """A worker without a lab takes what time the others leave."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None and worker not in WITH_LAB:
        os.nice(10)


def _may_run(worker: str, file: str) -> bool:
    return worker in WITH_LAB or not file.startswith("tests/lab/")
