"""The columns an exercise asks: each in the worker process of its framework, all frameworks side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple


class Columns(NamedTuple):
    names: list[str]
    pool: Any  # run.Pool
    advance: Callable = lambda steps: None  # called with how many steps of training were just done

    def each(self, ask):
        """{name: ask(name)}. Raises ColumnError where one cannot be run."""
        with ThreadPoolExecutor(len(self.names)) as threads:
            try:
                return dict(zip(self.names, threads.map(ask, self.names), strict=True))
            except BaseException:
                self.pool.stop()  # or the others would be waited for
                raise
