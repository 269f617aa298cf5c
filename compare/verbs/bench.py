"""`fourfold bench`."""

from compare import bench as b
from compare import options, result, run
from compare.options import Json
from compare.terminal import out, write_json


def bench(*, quick: bool = False, json: Json = None):
    """Time the columns beside a C loop, and a cold `agree` beside a bare `import tensorflow`.

    Ratios within one run are the figures that count: 1,000 seeds at once, 10,000 steps, float64.

    Example: fourfold bench --quick
    """
    steps = b.STEPS // 5 if quick else b.STEPS
    paces = [b.c_pace(b.SEEDS, steps)]
    names, _ = options.columns(None)
    with run.workers(3600) as pool:
        for name in names:
            paces.append(b.column_pace(pool, name, b.SEEDS, steps))
    limit = paces[0].ns
    if json != "-":
        out.print(f"{b.SEEDS:,} seeds × {steps:,} steps, float64, ns per seed-step (× C)")
        for p in paces:
            ratio = f"{p.ns:9.1f}  {f'×{p.ns / limit:.1f}' if limit else '':>7}" if p.ns else "–"
            out.print(f"{p.subject:<12} {ratio}  {p.note}", markup=False)
    seconds, bare = b.cold_start()
    if json != "-":
        out.print(f"\nfourfold agree from cold: {seconds:.1f} s")
        if bare:
            out.print(f"bare import tensorflow:   {bare:.1f} s (×{seconds / bare:.2f})")
    record = {"paces": [p._asdict() for p in paces], "agree_seconds": seconds, "import_tensorflow_seconds": bare}
    write_json(json, result.encode(record))
