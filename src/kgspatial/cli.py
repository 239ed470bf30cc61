"""The `kgspatial` command: parses, calls, prints. No analysis.

Imports from `plan`, `console`, `sample`, `standards`, `terms`, `errors`. Exit status: 0 done, 1 done with problems to
look at, 2 the inputs or the call are wrong, 130 interrupted.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgspatial import __version__
from kgspatial.errors import KgspatialError
from kgspatial.sample import sample_folder, write_sample
from kgspatial.terms import LANGUAGES, Language, has_term, term

if TYPE_CHECKING:
    import pandas as pd

    from kgspatial.plan import PlanRun, Step
    from kgspatial.study import Study

DONE, DONE_WITH_PROBLEMS, WRONG, INTERRUPTED = 0, 1, 2, 130
KEY_FIGURES = (
    *("children", "places", "enrolled", "served", "unserved", "unreached", "vacant"),
    *("coverage", "mean_distance_m"),
)

app = typer.Typer(
    name="kgspatial",
    help="Kindergarten-place gap analysis: who finds a place on foot, who does not, where to build.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the key figures as JSON.")]
Plan = Annotated[Path, typer.Argument(metavar="PLAN.toml", help="The plan file.")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="zh or en; the plan's language unless given.")
]


def main() -> None:
    """Run the command; an expected error is a message on stderr, never a traceback."""
    try:
        app()
    except KgspatialError as error:
        _say_error(str(error))
        raise SystemExit(WRONG) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"kgspatial {__version__}")
        raise typer.Exit(DONE)


@app.command()
def demo(
    out: Out = None, quiet: Quiet = False, as_json: AsJson = False, language: LanguageOption = None
) -> None:
    """Run the sample district end to end."""
    _run(sample_folder() / "plan.toml", out or Path("kgspatial-demo"), quiet, as_json, language)


@app.command()
def run(
    plan: Plan,
    out: Out = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    language: LanguageOption = None,
) -> None:
    """Run a plan file end to end; results go to PLAN-results unless --out says otherwise."""
    _run(plan, out or Path(f"{plan.stem}-results"), quiet, as_json, language)


@app.command()
def check(
    plan: Plan, quiet: Quiet = False, as_json: AsJson = False, language: LanguageOption = None
) -> None:
    """Read and check the inputs of a plan file; print the problem table."""
    from kgspatial.plan import check_inputs, plan_in_language

    declared = plan_in_language(plan, _language(language))
    study, problems = check_inputs(declared)
    if as_json:
        typer.echo(problems.to_json(orient="records", force_ascii=False, indent=2))
    elif not quiet:
        _print_check(study, problems, declared.settings.plan.language)
    else:
        _say_refused(problems)
    raise typer.Exit(_status(problems) if study is not None else WRONG)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty or new folder.")],
    quiet: Quiet = False,
) -> None:
    """Write the sample project to start from."""
    plan = write_sample(folder)
    if not quiet:
        typer.echo(plan)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A file of shapes or points.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    to: Annotated[str, typer.Option("--to", help="EPSG:4490, WKT, GCJ-02, BD-09, ...")],
    from_: Annotated[
        str | None, typer.Option("--from", help="Likewise; the file's own system unless given.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="One layer; all by default.")] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of the texts in OUT; as in IN by default.")
    ] = None,
    from_encoding: Annotated[
        str | None, typer.Option("--from-encoding", help="Of the texts in IN, where not found.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    language: LanguageOption = None,
) -> None:
    """Write a file in another coordinate system, with its attributes as they are."""
    from kgspatial.inputs.convert.file import convert_file
    from kgspatial.inputs.problems import problem_table

    chosen = _language(language) or "zh"
    done = convert_file(
        source,
        target,
        to=to,
        from_=from_,
        layer=layer,
        encoding=encoding,
        from_encoding=from_encoding,
        overwrite=overwrite,
    )
    problems = problem_table(done.problems)
    if as_json:
        found = json.loads(problems.to_json(orient="records", force_ascii=False))
        shown = {"file": str(target), "rows": done.rows, "crs": done.crs, "problems": found}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    elif not quiet:
        for name, rows in done.rows.items():
            typer.echo(f"{target}  {name}  {rows:,}  {done.crs}")
        _print_problems(problems, chosen)
    raise typer.Exit(_status(problems))


@app.command()
def standards(
    profile: Annotated[
        str | None, typer.Argument(metavar="PROFILE", help="A profile's name or TOML file.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Explain one rule by its id.")] = None,
    as_json: AsJson = False,
    language: LanguageOption = None,
) -> None:
    """List the rule profiles, or the planning rules of one, each with its source."""
    from kgspatial.standards.listing import standards_text

    width = None
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
    chosen = _language(language) or "zh"
    typer.echo(standards_text(profile, rule, chosen, width=width, as_json=as_json))


def _run(plan: Path, out: Path, quiet: bool, as_json: bool, language: str | None) -> None:
    from kgspatial.plan import run_plan

    chosen = _language(language)
    with _progress(not (quiet or as_json), chosen or "en") as (show, tell):
        done = run_plan(plan, out, language=chosen, progress=show, tell=tell)
    if as_json:
        typer.echo(json.dumps(done.outputs.summary, ensure_ascii=False, indent=2))
    elif not quiet:
        _print_run(done)
    raise typer.Exit(_status(done.balance.problems))


def _language(given: str | None) -> Language | None:
    if given is None:
        return None
    found = next((known for known in LANGUAGES if known == given), None)
    if found is None:
        raise typer.BadParameter(
            f"'{given}' is not a language; known: {', '.join(LANGUAGES)}", param_hint="--language"
        )
    return found


def _status(problems: pd.DataFrame) -> int:
    return DONE_WITH_PROBLEMS if problems["severity"].isin(["error", "warning"]).any() else DONE


@contextmanager
def _progress(
    wanted: bool, language: Language
) -> Iterator[tuple[Callable[[Step], None], Callable[[float, float, float], None] | None]]:
    """A progress bar on stderr, only on a terminal; in a search, the best so far and its bound."""
    if not (wanted and sys.stderr.isatty()):
        yield (lambda _step: None), None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from kgspatial.plan import STEPS

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(STEPS))

        def show(step: Step) -> None:
            bar.update(
                task, description=term(f"command.{step}", language), completed=STEPS.index(step)
            )

        def tell(best: float, bound: float, _seconds: float) -> None:
            known = isfinite(best) and isfinite(bound)
            sums = {"best": abs(best), "bound": abs(bound)}  # of less money the negative is sought
            found = term("command.found", language, **sums) if known else ""
            bar.update(task, description=f"{term('command.siting', language)} {found}")

        yield show, tell


def _print_run(done: PlanRun) -> None:
    summary, language = done.outputs.summary, done.study.settings.plan.language
    rows = [(term(f"columns.{key}", language), _figure(key, summary[key])) for key in KEY_FIGURES]
    _print_pairs(rows)
    for site in summary["sites"]:
        typer.echo(_site_line(site, language))
    typer.echo(_proof_line(summary["siting"], language))
    _print_findings(done.balance.problems, language)
    typer.echo("")
    typer.echo(term("command.written", language, folder=done.outputs.folder.resolve()))
    typer.echo(term("command.map_lies", language, path=done.outputs.map.resolve()))


def _print_findings(problems: pd.DataFrame, language: Language) -> None:
    """Print what should be looked at; mere notes are in the file of problems."""
    serious = problems[problems["severity"] != "note"]
    if len(serious):
        typer.echo("")
        _print_problems(serious, language)
    if notes := len(problems) - len(serious):
        typer.echo("")
        typer.echo(term("command.notes_written", language, count=notes))


def _site_line(site: dict[str, Any], language: Language) -> str:
    return term(
        "command.site",
        language,
        order=site["order"],
        site=f"{site['site_id']} {site['name'] or ''}".strip(),
        action=term(f"values.{site['action']}", language),
        classes=site["classes"],
        places=f"{site['places']:,.0f}",
        gained=f"{site['children_gained']:,.0f}",
    )


def _proof_line(siting: dict[str, Any], language: Language) -> str:
    status = f"values.{siting['status']}"
    return term(
        "command.proof",
        language,
        objective=f"{siting['objective']:,.1f}",
        bound=f"{siting['bound']:,.1f}",
        gap=f"{siting['gap']:.2%}",
        status=term(status, language) if has_term(status) else siting["status"],
    )


def _figure(key: str, value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.1%}" if key == "coverage" else f"{value:,.0f}"


def _print_pairs(rows: list[tuple[str, str]]) -> None:
    from rich.cells import cell_len

    widest = max(cell_len(label) for label, _ in rows)
    for label, value in rows:
        typer.echo(f"{label}{' ' * (widest - cell_len(label))}  {value:>10}")


def _say_refused(problems: pd.DataFrame) -> None:
    for found in problems[problems["code"] == "refused"].itertuples():
        _say_error(f"{found.source}: {found.problem}\n  {found.done}")


def _print_check(study: Study | None, problems: pd.DataFrame, language: Language) -> None:
    if study is not None:
        for row in study.inputs.itertuples():
            layer = term(f"report.layer_{row.layer}", language)
            typer.echo(f"{layer}  {row.path}  {row.rows:,}  {row.crs}")
    _print_problems(problems, language)


def _print_problems(problems: pd.DataFrame, language: Language) -> None:
    from kgspatial.console import problem_text

    if problems.empty:
        typer.echo(term("command.no_problems", language))
        return
    counts = problems["severity"].value_counts()
    shown = {f"{s}s": int(counts.get(s, 0)) for s in ("error", "warning", "note")}
    typer.echo(term("command.problems", language, count=len(problems), **shown))
    typer.echo("")
    typer.echo(problem_text(problems, language))


def _say_error(text: str) -> None:
    typer.echo(f"kgspatial: {text}", err=True)
