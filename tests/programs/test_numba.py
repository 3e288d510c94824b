"""The numba target: its modules against those of the NumPy target, their source, and errors."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from symbptt import cells
from symbptt.check.case import Case
from symbptt.cli import app
from symbptt.errors import SymbpttError
from symbptt.expressions import Kron
from symbptt.functions import FUNCTIONS, Elementwise
from symbptt.programs import generate, load, load_file
from symbptt.programs.loops.definitions import definitions
from symbptt.programs.loops.entries import Entries, function_name
from symbptt.programs.loops.taking import Taking
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.places import LOOP
from symbptt.recurrence import Builder
from tests.examples import elman, gated, matrix_state
from tests.judges.given import recurrence
from tests.programs.recurrences import EVERY
from tests.programs.test_numpy import ruff

ROOT = Path(__file__).parents[2]
FORWARDS = [name for name in cells.ready() if not recurrence(name).runs_backwards]
NAMES = [*FORWARDS, *EVERY]


def made(name: str) -> str:
    return generate(recurrence(name) if name in FORWARDS else EVERY[name](), "numba")


@pytest.fixture(scope="session")
def uncompiled():
    """The differences of all modules from those for NumPy, their loops run as plain Python."""
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.programs.uncompiled"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def compiled_elman(tmp_path_factory):
    """A module with doors to its products."""
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    doors = """

@compiled
def add_all(x, w, out):
    add_product(x, panels(w, len(x)), out)


@compiled
def outer(x, y, out):
    add_outer_products(x, y, out)
"""
    path = tmp_path_factory.mktemp("products") / "products.py"
    path.write_text(
        generate(elman(), "numba").replace("LITTLE = 1_000_000", "LITTLE = 1000") + doors, encoding="utf-8"
    )
    return load_file(path)


# ------------------------------------------------------------------ values and gradients


@pytest.mark.parametrize("name", NAMES)
def test_the_loops_give_what_numpy_gives(uncompiled, name):
    assert uncompiled[name] < 1e-12


@pytest.mark.parametrize(("make", "dtype"), [(elman, np.float64), (EVERY["no_state"], np.float32)])
def test_compiled_code_gives_what_numpy_gives(make, dtype):
    """Compiling takes seconds: small ones stand for the others, which run as Python."""
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    modules = [load(generate(make(), target)) for target in ("numpy", "numba")]
    given = Case(make()).arguments("batch")
    parameters = {key: dtype(value) for key, value in given["parameters"].items()}
    (loss, other), (mine_loss, mine) = (
        module.loss_and_gradient(parameters, given["inputs"], given["targets"], given["initial"])
        for module in modules
    )
    accuracy = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(mine_loss, loss, rtol=accuracy)
    for group, values in other.items():
        for key, value in values.items():
            assert mine[group][key].dtype == dtype
            np.testing.assert_allclose(mine[group][key], value, rtol=0, atol=accuracy * np.abs(value).max())


def test_compiled_blocks_in_threads_give_what_numpy_gives():
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    (loss, other), (mine_loss, mine) = (
        load(generate(elman(), "numpy")).loss_and_gradient(**arguments_of_loss(elman())),
        in_blocks(load(generate(elman(), "numba"))).loss_and_gradient(**arguments_of_loss(elman())),
    )
    np.testing.assert_allclose(mine_loss, loss, rtol=1e-13)
    for group, values in other.items():
        for key, value in values.items():
            np.testing.assert_allclose(mine[group][key], value, rtol=0, atol=1e-13 * np.abs(value).max())


def arguments_of_loss(r):
    given = Case(r).arguments("batch")
    return {name: given[name] for name in ("parameters", "inputs", "targets", "initial")}


def in_blocks(module):
    module.THREADS, module.SAMPLES, module.WORTH = 2, 1, 1
    module.TIMES_BY_SAMPLES, module.AT_ONCE = 3, 1
    return module


def test_a_forked_process_makes_threads_of_its_own():
    """Those of its parent do not run there."""
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    module = load(generate(elman(), "numba"))
    assert module.threads(1, 2) is module.threads(1, 2)
    assert module.threads(1, 2) is not module.threads(2, 2)


def test_what_cannot_be_cut_has_no_blocks():
    """A loss of the last step, an input that the sweep looks back to."""
    assert "def sweep_of_block" in made("lstm")
    for name in ("last_step", "selective_ssm"):
        assert "def sweep_of_block" not in made(name)


def test_arguments_of_the_wrong_shape_are_refused():
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    module, given = load(generate(elman(), "numba")), Case(elman()).arguments("batch")
    given["parameters"]["b"] = np.zeros(7)
    with pytest.raises(ValueError, match=r"b has the shape \(7,\), expected"):
        module.forward(given["parameters"], given["inputs"])


def test_a_generic_function_must_be_set():
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    r = EVERY["generic"]()
    module, given = load(generate(r, "numba")), Case(r).arguments("batch")
    with pytest.raises(ValueError, match="set f and f_prime"):
        module.forward(given["parameters"], given["inputs"])


# ------------------------------------------------------------------ products and threads


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_products_in_tiles(compiled_elman, dtype):
    """Tiles cut off below and at the right, panels of whole matrices, one row, and none."""
    random = np.random.default_rng(0)
    for rows, inner, columns in ((1, 5, 7), (4, 3, 64), (7, 40, 70), (200, 9, 33), (13, 130, 100), (0, 3, 5)):
        x, w = (random.normal(size=shape).astype(dtype) for shape in ((rows, inner), (inner, columns)))
        for turned in (w, np.asfortranarray(w)):
            out = np.ones((rows, columns), dtype)
            compiled_elman.add_all(x, turned, out)
            np.testing.assert_allclose(out, 1 + x @ w, atol=100 * np.finfo(dtype).eps * inner)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_of_outer_products_in_tiles(compiled_elman, dtype):
    random = np.random.default_rng(0)
    for rows, left, right in ((3, 5, 7), (130, 8, 64), (300, 170, 90)):
        x, y = (random.normal(size=(rows, width)).astype(dtype) for width in (left, right))
        out = np.ones((left, right), dtype)
        compiled_elman.outer(x, y, out)
        np.testing.assert_allclose(out, 1 + x.T @ y, atol=100 * np.finfo(dtype).eps * rows)


def test_threads_give_what_one_gives(compiled_elman):
    """As many threads as there are parts of the samples that are worth one."""
    given = Case(elman()).arguments("batch")
    first = given["parameters"], given["inputs"]
    alone, states = (
        compiled_elman.loss_and_gradient(*first, given["targets"], given["initial"]),
        compiled_elman.forward(*first, given["initial"]),
    )
    compiled_elman.THREADS, compiled_elman.SAMPLES, compiled_elman.WORTH = 2, 1, 1
    together = compiled_elman.loss_and_gradient(*first, given["targets"], given["initial"])
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-13)
    for group, values in alone[1].items():
        for key, value in values.items():
            np.testing.assert_allclose(together[1][group][key], value, rtol=1e-12, atol=1e-13)
    apart = compiled_elman.forward(*first, given["initial"])["a"]  # tiles of other heights round otherwise
    np.testing.assert_allclose(apart, states["a"], rtol=4 * np.finfo(float).eps)


# ------------------------------------------------------------------ exp and its kin


@pytest.fixture(scope="session")
def elementary(tmp_path_factory):
    """exp, tanh and the others, compiled, over arrays."""
    pytest.importorskip("numba", reason="Numba is not installed: the numba target cannot run")
    names = ("exp", "tanh", "sigmoid", "softplus", "silu")
    source = "\n\n\n".join(
        [
            "import numpy as np\nfrom numba import float64, njit\nfrom numba.extending import overload\n"
            'precise = njit(error_model="numpy", fastmath={"contract"}, forceinline=True)',
            *definitions(names),
        ]
    )
    path = tmp_path_factory.mktemp("elementary") / "elementary.py"
    path.write_text(source, encoding="utf-8")
    module = load_file(path)
    return module


def compiled_over(function, x):
    """A function of one number at every entry."""
    numba = pytest.importorskip("numba")

    @numba.njit(error_model="numpy")
    def over(x):
        y = np.empty_like(x)
        for i in range(len(x)):
            y[i] = function(x[i])
        return y

    return over(x)


EXACT = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "silu": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", EXACT)
def test_to_a_few_units_in_the_last_place(elementary, name, dtype):
    """Held against the same in 80 bits, densely between -80 and 80 and from 1e-30 up."""
    small = np.geomspace(1e-30, 1, 5001)
    x = np.concatenate([np.linspace(-80, 80, 40001), small, -small]).astype(dtype)
    mine = compiled_over(getattr(elementary, name), x)
    assert mine.dtype == dtype
    exact = EXACT[name](x.astype(np.longdouble))
    units = np.abs(mine - exact) / np.spacing(np.abs(exact).astype(dtype))
    assert float(units.max()) < 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_at_the_ends(elementary, dtype):
    x = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0], dtype)
    with np.errstate(all="ignore"):
        for name in ("exp", "tanh", "sigmoid"):
            mine = compiled_over(getattr(elementary, name), x)
            np.testing.assert_allclose(mine, EXACT[name](x), atol=np.finfo(dtype).tiny)


def test_every_function_of_the_table_has_a_name():
    assert {key for key in FUNCTIONS if not function_name(key)} == set()


# ------------------------------------------------------------------ the source


@pytest.mark.parametrize("name", NAMES)
def test_modules_need_numpy_and_numba_alone(name):
    imports = [n for n in ast.walk(ast.parse(made(name))) if isinstance(n, (ast.Import, ast.ImportFrom))]
    found = {n.module if isinstance(n, ast.ImportFrom) else n.names[0].name for n in imports}
    its_own = {"numba", "numba.core", "numba.extending", "llvmlite", "llvmlite.binding"}
    assert found <= {"numpy", *its_own, "math", "operator", "os", "sys", "functools", "concurrent.futures"}


def test_modules_are_clean(tmp_path):
    for name in ("lstm", "gru_before", "delta_net", "mlstm", "layer_norm_rnn", "generic", "formulas"):
        (tmp_path / f"{name}.py").write_text(made(name), encoding="utf-8")
    ruff(tmp_path, "check", "--select", "E,F,W,B,UP", "--ignore", "E501,E701,UP018")


def test_the_loop_of_a_gated_network_reads_like_its_equations():
    source = generate(gated(), "numba")
    for line in (
        "z_Gamma[t, s, i] = sigmoid(z_Gamma[t, s, i])",
        "d_c[t, s, i] += d_tanh_c_i * (one - tanh_c[t, s, i] ** 2)",
        "d_c[t - 1, s, i] += z_Gamma[t, s, i] * d_c[t, s, i]",
    ):
        assert line in source


def test_gates_take_the_place_of_what_they_are_functions_of():
    """Kept are the gates and what the gradients read, not the sums that the gates are functions of."""
    source = made("lstm")
    assert "z[t, s, 3 * n + i] = tanh(z[t, s, 3 * n + i])" in source
    assert "return z, c, tanh_c, a, y" in source
    assert "a[t, s, i] = tanh(a[t, s, i])" in made("elman_tanh")
    assert "return a, y" in made("elman_tanh")


def test_a_matrix_state_is_a_loop_over_its_entries():
    assert "S[t, s, i, j] = lambda_ * S[t - 1, s, i, j] + v[t, s, i] * k_[t, s, j]" in generate(
        matrix_state(), "numba"
    )


def test_the_precision_is_that_of_an_array():
    """A number that is handed in has no dtype in compiled code."""
    assert "dtype = tau.dtype" in made("ctrnn")
    assert "eta.dtype" not in made("ctrnn")


def test_from_the_command_line(tmp_path):
    path = tmp_path / "lstm.py"
    done = CliRunner().invoke(app, ["generate", "lstm", "--target", "numba", "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert path.read_text(encoding="utf-8") == made("lstm")


# ------------------------------------------------------------------ errors


def test_what_has_no_form_is_named():
    node = Kron(Builder.quantity("W", "n", "n"), Builder.quantity("V", "n", "n"))
    with pytest.raises(SymbpttError, match="no form for Kron"):
        Taking().plain(node, LOOP)
    with pytest.raises(SymbpttError, match="no form for Kron"):
        Entries(Names(), lambda q, i, j: "", str).at(node)


def test_a_function_without_a_compiled_form_is_named(monkeypatch):
    monkeypatch.setitem(
        FUNCTIONS, "cube", Elementwise("cube", lambda x: x**3, lambda x, y: 3 * x**2, "{x} ** 3")
    )
    with pytest.raises(SymbpttError, match="no function cube"):
        function_name("cube")
