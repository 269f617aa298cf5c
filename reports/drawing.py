"""Pictures, and what else takes long, made here and in another process, each whenever it has nothing else to do."""

import threading
from collections import deque

from fourfold.compare.system.worker import Worker

SECONDS = 60  # that the other process may take for a picture: what it does not draw is drawn here


class Artist:
    """Another process. It begins to import what it draws with as soon as it is there, and ends with its block."""

    def __enter__(self):
        self._process = Worker()
        self._process.submit(SECONDS, _ready)
        return self

    def __exit__(self, *_):
        self._process.stop()

    def draw(self, jobs):
        """What jobs give, functions without arguments that can be pickled, in their order: Pictures as a rule."""
        left, drawn = deque(range(len(jobs))), {}

        def hand_over():
            while (n := _next(left)) is not None:
                try:
                    drawn[n] = self._process.submit(SECONDS, _drawn, jobs[n]).result()
                except BaseException:  # of the process: it draws no more
                    return

        thread = threading.Thread(target=hand_over, daemon=True)
        thread.start()
        while (n := _next(left)) is not None:
            drawn[n] = jobs[n]()
        thread.join(SECONDS)
        return [drawn.get(n) or job() for n, job in enumerate(jobs)]


def _next(left):
    try:
        return left.popleft()
    except IndexError:
        return None


# Below: what runs in the other process, where nothing may be raised.


def _ready():
    from fourfold.reports import render

    return render.__name__


def _drawn(job):
    """The Picture, or None: what a job raises is to be seen where it is drawn again."""
    try:
        return job()
    except Exception:
        return None
