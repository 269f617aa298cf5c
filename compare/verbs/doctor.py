"""`fourfold doctor`."""

from compare import environment, options, result
from compare.options import Json
from compare.terminal import out, write_json


def doctor(*, json: Json = None, timeout: float = 120):
    """List the frameworks: version, seconds to import, and whether each computes known gradients.

    Example: fourfold doctor
    """
    found = [*environment.diagnose(options.timeout(timeout))]
    if json != "-":
        for d in found:
            out.print(f"{d['column']:<12} {d['version']:<14} {d['note']}", markup=False)
    write_json(json, result.encode(found))
    return 3 if any(d["version"] and not d["works"] for d in found) else 0
