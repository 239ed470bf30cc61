"""Expressions over columns, such as ``sum(vacant) / sum(places)``: read and computed, never run.

Imports from `errors`. Python's own parser reads them; only what is listed here is understood.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import pandas as pd

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Value: TypeAlias = float | Floats

MOST_CHARACTERS = 500
"""Longer expressions are no indicator that somebody can check."""

Names: TypeAlias = Mapping[str, "Floats"]


def _count(values: Floats) -> float:
    return float(np.count_nonzero(values))


SUMS: dict[str, Callable[[Floats], float]] = {
    "sum": lambda v: float(v.sum()),
    "mean": lambda v: float(v.mean()) if len(v) else float("nan"),
    "min": lambda v: float(v.min()) if len(v) else float("nan"),
    "max": lambda v: float(v.max()) if len(v) else float("nan"),
    "count": _count,
}
"""Functions of a column; `count` tells in how many rows it is not 0, or a comparison holds."""


def _divided(above: Value, below: Value) -> Value:
    """The ratio; not a number where 0 is below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(np.divide(above, below), dtype=np.float64)
    return np.where(np.asarray(below) == 0, np.nan, found)


ARITHMETIC: dict[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Value, Value], Value]] = {
    ast.Lt: lambda a, b: np.asarray(np.less(a, b), dtype=np.float64),
    ast.LtE: lambda a, b: np.asarray(np.less_equal(a, b), dtype=np.float64),
    ast.Gt: lambda a, b: np.asarray(np.greater(a, b), dtype=np.float64),
    ast.GtE: lambda a, b: np.asarray(np.greater_equal(a, b), dtype=np.float64),
}


def evaluate(expression: str, table: pd.DataFrame, *, where: str = "") -> float | None:
    """Compute an expression over the columns of a table.

    Parameters
    ----------
    expression : str
        Numbers, column names, ``+ - * /``, comparisons such as ``places > 360``, brackets, and the
        functions ``sum``, ``mean``, ``min``, ``max``, ``count`` of a column or of what is
        computed from columns.
    table : DataFrame
        Its number and flag columns have names in the expression.
    where : str
        Where the expression stands, for messages.

    Returns
    -------
    float or None
        None where a column that is used has missing values, or a division has 0 below it: the
        indicator cannot be judged.

    Raises
    ------
    InputError
        When the expression cannot be read, names what is no column, or gives no single number.

    Examples
    --------
    >>> table = pd.DataFrame({"places": [90, 180], "vacant": [0, 54]})
    >>> evaluate("sum(vacant) / sum(places)", table)
    0.2
    >>> evaluate("count(places > 100)", table)
    1.0
    """
    tree = _parsed(expression, where)
    names = _columns(tree, table, where)
    if any(np.isnan(values).any() for values in names.values()):
        return None
    value = _value(tree.body, names, where)
    if isinstance(value, np.ndarray) and value.ndim:
        raise InputError(
            f"'{expression}' gives one value a row, not one number",
            column=where or None,
            hint="Write sum(...), mean(...), min(...), max(...) or count(...) around it.",
        )
    return float(value) if np.isfinite(value) else None


def _parsed(expression: str, where: str) -> ast.Expression:
    if len(expression) > MOST_CHARACTERS:
        raise InputError(
            f"the expression is longer than {MOST_CHARACTERS} characters", column=where
        )
    try:
        return ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"'{expression}' cannot be read as an expression",
            column=where or None,
            hint="Write for example sum(vacant) / sum(places).",
        ) from error


def _columns(tree: ast.Expression, table: pd.DataFrame, where: str) -> Names:
    """Columns that the expression names, as numbers."""
    functions = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in functions}
    known = [str(c) for c in table if pd.api.types.is_numeric_dtype(table[c].dtype)]
    found = {}
    for name in sorted(used):
        if name not in known:
            raise InputError(
                f"'{name}' is no column of numbers here",
                column=where or None,
                hint=f"Known: {', '.join(known)}.",
            )
        found[name] = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _value(node: ast.expr, names: Names, where: str) -> Value:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        sides = _value(node.left, names, where), _value(node.right, names, where)
        return ARITHMETIC[type(node.op)](*sides)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, names, where)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        sides = _value(node.left, names, where), _value(node.comparators[0], names, where)
        return COMPARISONS[type(node.ops[0])](*sides)
    if _is_sum(node):
        call = cast("ast.Call", node)
        inner = np.atleast_1d(_value(call.args[0], names, where))
        return SUMS[cast("ast.Name", call.func).id](inner)
    raise InputError(
        f"'{ast.unparse(node)}' is not understood",
        column=where or None,
        hint=f"Numbers, columns, + - * /, < <= > >=, and {', '.join(SUMS)} are.",
    )


def _is_sum(node: ast.expr) -> bool:
    """Whether it is one of the functions, of one thing."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    return node.func.id in SUMS and len(node.args) == 1 and not node.keywords
