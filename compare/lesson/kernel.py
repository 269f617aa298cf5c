"""Runs a notebook from top to bottom in a new kernel."""

import asyncio
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.system import signals

NEEDS = ("jupytext", "nbclient", "ipykernel")
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def missing():
    """What has to be installed before a notebook can be made."""
    return [package for package in NEEDS if not workers.package_installed(package)]


def executed(notebook, timeout):
    """The bytes of an .ipynb: a notebook of nbformat's, with what its cells show.

    Raises ColumnError where a cell fails or takes longer than `timeout` seconds.
    """
    import nbformat

    thread = ThreadPoolExecutor(1)  # in the main thread nbclient would have signals for itself
    with signals.temporary_folder() as folder:
        try:
            thread.submit(_run, notebook, folder, timeout).result()
        finally:
            thread.shutdown(wait=False)
    for cell in notebook.cells:
        if cell.cell_type == "code":  # frameworks log times and processes there
            shown = [output for output in cell.outputs if output.get("name") != "stderr"]
            cell.outputs = [output for output in shown if not _is_widget(output)]
    notebook.metadata.pop("widgets", None)
    return nbformat.writes(notebook).encode()


def _is_widget(output):
    """A slider moves only while a kernel runs: in a file it would be an empty place."""
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def _run(notebook, folder, timeout):
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    # Without folders to look in it is this very Python that is started, whatever kernels are installed.
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    manager.connection_file = str(folder / "kernel.json")
    client = NotebookClient(
        notebook,
        km=manager,
        resources={"metadata": {"path": str(folder)}},
        timeout=timeout,
        record_timing=False,
        coalesce_streams=True,
    )
    variables = os.environ | QUIET | {"IPYTHONDIR": str(folder)}
    try:
        asyncio.run(client.async_execute(cleanup_kc=True, env=variables, stderr=subprocess.DEVNULL))
    except CellExecutionError as error:
        raise ColumnError(f"the notebook stopped with {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise ColumnError(f"a cell did not finish within {timeout:g} s: give it longer with --timeout") from None
    except DeadKernelError:
        raise ColumnError("the notebook's kernel died") from None
