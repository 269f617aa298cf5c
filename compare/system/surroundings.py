"""What a process finds when it starts. It is imported fast."""

import platform
import zlib
from contextlib import suppress
from typing import NamedTuple

from fourfold.compare.system import files


def _processor():
    """A name for what this machine's processor can do: what is compiled here may not run on another."""
    features = platform.machine()
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        features = next((line for line in lines if line.lower().startswith(("flags", "features"))), features)
    return f"{zlib.crc32(features.encode()):08x}"


# What JAX compiles is kept, up to so many bytes. JAX knows its versions and options, but not the processor.
JAX_CACHE, MOST_OF_CACHE = files.cache_folder() / "jax" / _processor(), 2**28
# At these sizes more threads cost more than they give; logging of this sort is for people who debug a framework.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "JAX_COMPILATION_CACHE_DIR": str(JAX_CACHE),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "TORCHINDUCTOR_CACHE_DIR": str(files.cache_folder() / "torchinductor"),
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
}
# Variables that change what libraries compute. Whole names: what else begins so may be a secret.
VARIABLES = {
    "ATEN_CPU_CAPABILITY",
    "BLIS_NUM_THREADS",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "GLIBC_TUNABLES",
    "GOTO_NUM_THREADS",
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_DISABLE_JIT",
    "JAX_ENABLE_X64",
    "JAX_PLATFORMS",
    "KERAS_BACKEND",
    "NVIDIA_TF32_OVERRIDE",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "VECLIB_MAXIMUM_THREADS",
    "XLA_FLAGS",
    *("DNNL_CPU_ISA_HINTS", "DNNL_DEFAULT_FPMATH_MODE", "DNNL_MAX_CPU_ISA", "DNNL_VERBOSE"),
    *("ONEDNN_CPU_ISA_HINTS", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA", "ONEDNN_VERBOSE"),
    *("KMP_AFFINITY", "KMP_BLOCKTIME", "KMP_DETERMINISTIC_REDUCTION", "KMP_DUPLICATE_LIB_OK", "KMP_SETTINGS"),
    *("MKL_CBWR", "MKL_DEBUG_CPU_TYPE", "MKL_DYNAMIC", "MKL_ENABLE_INSTRUCTIONS", "MKL_INTERFACE_LAYER"),
    *("MKL_NUM_THREADS", "MKL_SERVICE_FORCE_INTEL", "MKL_THREADING_LAYER", "MKL_VERBOSE"),
    *("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "NPY_PROMOTION_STATE"),
    *("OMP_DYNAMIC", "OMP_MAX_ACTIVE_LEVELS", "OMP_NESTED", "OMP_NUM_THREADS", "OMP_PLACES", "OMP_PROC_BIND"),
    *("OMP_SCHEDULE", "OMP_STACKSIZE", "OMP_THREAD_LIMIT", "OMP_WAIT_POLICY"),
    *("OPENBLAS_CORETYPE", "OPENBLAS_MAIN_FREE", "OPENBLAS_NUM_THREADS", "OPENBLAS_THREAD_TIMEOUT", "OPENBLAS_VERBOSE"),
}


class Surroundings(NamedTuple):
    environment: dict  # all of its variables
    folder: str  # where it works


def counts(variable):
    """Whether a variable of the environment changes what libraries compute."""
    return variable in VARIABLES
