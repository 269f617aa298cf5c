"""Jobs for columns: a lane a process, in which one job runs after the other, the most urgent first."""

import itertools
import queue
import threading
from concurrent.futures import CancelledError, Future

from fourfold.compare.columns import workers


class Lanes:
    """A lane is a thread of this process, in which the jobs for its columns run."""

    def __init__(self):
        self._queues, self._closed = {}, False
        self._turn = itertools.count()  # of two that are as urgent the first comes first
        self._opening = threading.Lock()

    def submit(self, name, urgency, job):
        """The Future of job() for a column; a smaller number is more urgent."""
        future = Future()
        with self._opening:
            if self._closed:
                raise CancelledError
            lane = workers.process_of(name)
            if lane not in self._queues:
                self._queues[lane] = queue.PriorityQueue()
                threading.Thread(target=self._serve, args=(self._queues[lane],), daemon=True).start()
            self._queues[lane].put((urgency, next(self._turn), future, job))
        return future

    def close(self):
        """Cancels what has not begun. Nothing is to be submitted any more."""
        with self._opening:
            self._closed = True
            for waiting in self._queues.values():
                waiting.put((float("inf"), next(self._turn), None, None))

    def _serve(self, waiting):
        while True:
            _, _, future, job = waiting.get()
            if future is None:
                return
            try:
                if self._closed:
                    raise CancelledError
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
