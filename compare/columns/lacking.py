"""What a module lacks to be a column. Imports no framework, and nothing but the contract."""

from fourfold.impls.model import Model

FUNCTIONS = tuple(name for name in vars(Model) if not name.startswith("_"))
NEARLY = 3  # functions of a Model's names: whoever has so many means to write one


def lacking(module, is_theirs=callable):
    """Names of a Model's functions that a module does not have; () where it has all, or too few to be meant as one.

    `is_theirs(function)` says whether one counts that is there by its name.
    """
    there = [name for name in FUNCTIONS if is_theirs(getattr(module, name, None))]
    if not NEARLY <= len(there) < len(FUNCTIONS):
        return ()
    return tuple(name for name in FUNCTIONS if name not in there)
