"""What the source must not hold, and that every error is one of its own."""

import ast
import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from harness import ROOT

from recognizer import errors

MODULES = sorted(path for package in ("recognizer", "train") for path in (ROOT / package).rglob("*.py"))
PACKAGE = [path for path in MODULES if path.is_relative_to(ROOT / "recognizer")]
OWN = {name for name, value in vars(errors).items() if isinstance(value, type)}
EXPECTED = {
    "recognizer/__init__.py": {"AttributeError"},  # what Python expects of a module
    "recognizer/cli/arguments.py": {"SystemExit"},
    "recognizer/cli/values.py": {"argparse.ArgumentTypeError"},
    "recognizer/cli/signals.py": {"SystemExit"},
}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
LOADERS = {"np.load", "numpy.load"}  # which unpickle when they are let


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def keywords(call: ast.Call) -> dict[str, object]:
    """The call's keywords that are constants; another expression counts as dangerous, so as true."""
    return {str(keyword.arg): keyword.value.value if isinstance(keyword.value, ast.Constant) else "an expression"
            for keyword in call.keywords}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_unpickled_evaluated_or_given_to_a_shell(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
            assert not {module.split(".")[0] for module in modules} & FORBIDDEN_MODULES, ast.unparse(node)
        if isinstance(node, ast.Call):
            called, given = ast.unparse(node.func), keywords(node)
            assert called not in FORBIDDEN_CALLS, ast.unparse(node)
            assert called not in LOADERS or not given.get("allow_pickle"), ast.unparse(node)
            assert not given.get("shell"), ast.unparse(node)
            assert given.get("safe_mode", True) is True, ast.unparse(node)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_except_takes_everything(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            raises = any(isinstance(part, ast.Raise) or "fail(" in ast.unparse(part) for part in node.body)
            assert caught, f"line {node.lineno}"
            assert caught not in ("Exception", "BaseException") or raises, f"line {node.lineno}"


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_only_own_errors_are_raised(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            raised = ast.unparse(node.exc.func)
            assert raised in OWN | EXPECTED.get(name(path), set()), f"line {node.lineno}: {raised}"


def test_every_error_has_its_exit_code() -> None:
    tree = {getattr(errors, error) for error in OWN}
    assert all(issubclass(error, errors.RecognizerError) for error in tree)
    codes = {error.__name__: error.exit_code for error in tree}
    assert codes == {"RecognizerError": 1, "UsageError": 2, "InputError": 2, "SourceError": 3, "ModelError": 4,
                     "OutputError": 5}
    assert all(f"{error}  " in str(errors.__doc__) for error in codes if error != "RecognizerError")


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: str(path.stem))
def test_a_benchmark_finds_all_that_it_imports(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("recognizer", "train", "fixtures")):
            module = importlib.import_module(str(node.module))
            missing = [alias.name for alias in node.names
                       if not hasattr(module, alias.name) and not find_spec(f"{node.module}.{alias.name}")]
            assert missing == []
