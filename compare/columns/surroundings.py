"""What a worker has imported and how it is set up, as it is there now.

Nothing is imported for it: what is not in `sys.modules` is not here.
"""

import importlib.metadata
import inspect
import sys
from contextlib import suppress

import numpy as np

from fourfold import impls

# What matters for numbers; of a module from elsewhere, whatever it names itself as well.
PACKAGES = (*(framework.package for framework in impls.FRAMEWORKS.values()), "jaxlib", "keras", "flax", "scipy")
SUBNORMAL = np.float32(1e-40)


def seen(name):
    """{what: text} in the process of a column: versions of packages, then how they are set up.

    Of a built-in column it is how its own framework is set up: others are only carried along.
    """
    packages, here = dict.fromkeys(PACKAGES), {}
    if not impls.is_built_in(name):
        packages |= dict.fromkeys(sorted(_named_in(sys.modules.get(name))))
    for package in packages:
        if version := _version(package):
            here[package] = version
    own = {"numpy", impls.framework(name)} if impls.is_built_in(name) else {package for package, *_ in SETTINGS}
    for package, what, look in SETTINGS:
        module = sys.modules.get(package)
        if module and package in own:
            with suppress(Exception):  # another version does not have it, or not so
                here[what] = str(look(module))
    return here


def _named_in(module):
    """The packages that names of a module are from."""
    packages = set()
    for value in [*vars(module).values()] if module else ():
        owner = type(value).__module__
        if inspect.ismodule(value):
            owner = value.__name__
        elif inspect.isclass(value) or inspect.isroutine(value):
            owner = value.__module__
        packages.add(str(owner).partition(".")[0])
    return packages - sys.stdlib_module_names - {"fourfold"}


def _version(package):
    """The version of what is imported, by its own word or by its distribution's; "" where it is not, or has none."""
    module = sys.modules.get(package)
    if module is None:
        return ""
    own = vars(module).get("__version__")
    if isinstance(own, str):
        return str(own)
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _on_off(value):
    return "on" if value else "off"


def _blas(numpy):
    library = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{library['name']} {library['version']}"


def _kept(number):
    """What became of a number below the smallest normal one that was multiplied by 1."""
    return "kept" if float(number) else "flushed to zero"


def _tf_config():
    return sys.modules["tensorflow.python.framework.config"]


def _tf_threads(threading):
    one, several = threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()
    return f"{one or 'as it decides'} within an operation, {several or 'as it decides'} for several"


# package, what of it, and how it is found out
SETTINGS = (
    ("numpy", "BLAS", _blas),
    ("numpy", "subnormal numbers", lambda numpy: _kept(SUBNORMAL * numpy.float32(1))),
    ("torch", "torch float32 matmul precision", lambda torch: torch.get_float32_matmul_precision()),
    ("torch", "torch deterministic algorithms", lambda torch: _on_off(torch.are_deterministic_algorithms_enabled())),
    ("torch", "torch default dtype", lambda torch: str(torch.get_default_dtype()).removeprefix("torch.")),
    ("torch", "torch device", lambda torch: torch.get_default_device()),
    ("torch", "torch threads", lambda torch: torch.get_num_threads()),
    ("torch", "torch subnormal numbers", lambda torch: _kept(torch.tensor(SUBNORMAL) * 1)),
    ("jax", "jax matmul precision", lambda jax: jax.config.jax_default_matmul_precision or "default"),
    ("jax", "jax x64", lambda jax: _on_off(jax.config.jax_enable_x64)),
    ("jax", "jax jit", lambda jax: _on_off(not jax.config.jax_disable_jit)),
    ("jax", "jax device", lambda jax: jax.default_backend()),
    ("jax", "jax subnormal numbers", lambda jax: _kept(jax.numpy.asarray(SUBNORMAL) * 1)),
    ("tensorflow", "tensorflow TF32", lambda tf: _on_off(tf.config.experimental.tensor_float_32_execution_enabled())),
    ("tensorflow", "tensorflow deterministic operations", lambda tf: _on_off(_tf_config().is_op_determinism_enabled())),
    ("tensorflow", "tensorflow functions", lambda tf: "eager" if tf.config.functions_run_eagerly() else "graphs"),
    ("tensorflow", "tensorflow threads", lambda tf: _tf_threads(tf.config.threading)),
    ("tensorflow", "tensorflow subnormal numbers", lambda tf: _kept(tf.constant(SUBNORMAL) * 1)),
    ("keras", "keras backend", lambda keras: keras.config.backend()),
    ("keras", "keras floatx", lambda keras: keras.config.floatx()),
    ("keras", "keras dtype policy", lambda keras: keras.config.dtype_policy().name),
)
