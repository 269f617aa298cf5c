"""What a worker has imported and how it is set up, as it is there now.

Nothing is imported for it: what is not in `sys.modules` is not here.
"""

import importlib.metadata
import inspect
import sys

import numpy as np

from fourfold import impls

# What matters for numbers; of a module from elsewhere, whatever it names itself as well.
PACKAGES = ("numpy", "scipy", "torch", "jax", "jaxlib", "tensorflow", "keras", "flax")
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
    for package, settings in SETTINGS.items():
        module = sys.modules.get(package)
        if module is None or (impls.is_built_in(name) and package not in {"numpy", impls.framework(name)}):
            continue
        for what, look in settings.items():
            try:
                here[what] = str(look(module))
            except Exception:  # another version does not have it, or not so
                continue
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


def _on_or_off(value):
    return "on" if value else "off"


def _blas(numpy):
    library = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{library['name']} {library['version']}"


def _kept(number):
    """What became of a number below the smallest normal one that was multiplied by 1."""
    return "kept" if float(number) else "flushed to zero"


# {package: {what: what to look at}}
SETTINGS = {
    "numpy": {
        "BLAS": _blas,
        "subnormal numbers": lambda numpy: _kept(SUBNORMAL * numpy.float32(1)),
    },
    "torch": {
        "torch float32 matmul precision": lambda torch: torch.get_float32_matmul_precision(),
        "torch deterministic algorithms": lambda torch: _on_or_off(torch.are_deterministic_algorithms_enabled()),
        "torch default dtype": lambda torch: str(torch.get_default_dtype()).removeprefix("torch."),
        "torch device": lambda torch: torch.get_default_device(),
        "torch threads": lambda torch: torch.get_num_threads(),
        "torch subnormal numbers": lambda torch: _kept(torch.tensor(SUBNORMAL) * 1),
    },
    "jax": {
        "jax matmul precision": lambda jax: jax.config.jax_default_matmul_precision or "default",
        "jax x64": lambda jax: _on_or_off(jax.config.jax_enable_x64),
        "jax jit": lambda jax: _on_or_off(not jax.config.jax_disable_jit),
        "jax device": lambda jax: jax.default_backend(),
        "jax subnormal numbers": lambda jax: _kept(jax.numpy.asarray(SUBNORMAL) * 1),
    },
    "tensorflow": {
        "tensorflow TF32": lambda tf: _on_or_off(tf.config.experimental.tensor_float_32_execution_enabled()),
        "tensorflow deterministic operations": lambda tf: _on_or_off(_tf_config().is_op_determinism_enabled()),
        "tensorflow functions": lambda tf: "eager" if tf.config.functions_run_eagerly() else "graphs",
        "tensorflow threads": lambda tf: _tf_threads(tf.config.threading),
        "tensorflow subnormal numbers": lambda tf: _kept(tf.constant(SUBNORMAL) * 1),
    },
    "keras": {
        "keras backend": lambda keras: keras.config.backend(),
        "keras floatx": lambda keras: keras.config.floatx(),
        "keras dtype policy": lambda keras: keras.config.dtype_policy().name,
    },
}


def _tf_config():
    return sys.modules["tensorflow.python.framework.config"]


def _tf_threads(threading):
    one, several = threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()
    return f"{one or 'as it decides'} within an operation, {several or 'as it decides'} for several"
