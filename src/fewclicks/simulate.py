"""A whole labelling session without a screen: an annotator answers, a table says what came of it.

It drives the same `Project` as the page does, through the same answers, rounds and labels.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from fewclicks.answers.annotator import Annotator
from fewclicks.errors import InvalidInput
from fewclicks.progress import Report, silent
from fewclicks.project import Project
from fewclicks.queries.stopping import Criterion
from fewclicks.records import NO_CLASS, PERSON, BoolArray, Labels, Question
from fewclicks.store.certificates import EVENLY, OPEN, Draw
from fewclicks.workflows.base import Workflow
from fewclicks.workflows.standing import Standing

SIMULATED = "simulated"
"""Name under which simulated answers are recorded."""

CERTIFY = 2
"""Tells the order of a certificate from the other draws of a project's seed."""

MOST_BESIDES = 1_000
"""Open questions that somebody looks at for those they are asked besides."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How the labels compare with the truth, over the items that have one.

    accuracy : share of all items whose label is right, answered ones included;
    accuracy_unasked : the same over the items no person was asked about;
    macro_f1 : mean over the classes of the harmonic mean of precision and recall.
    """

    accuracy: float
    accuracy_unasked: float
    macro_f1: float


@dataclass(frozen=True, slots=True)
class SimulatedRound:
    """One row of the table: the state after the round's questions were answered and learnt from.

    `note` is what the workflow says of the round, such as which model has learnt.
    """

    round: int
    answers: int
    rate: float
    accuracy: float
    accuracy_unasked: float
    macro_f1: float
    classes: int
    actions: int
    modelled_seconds: float
    seconds: float
    note: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a simulation gives; `rounds` is the learning curve, its last row the result."""

    workflow: str
    n_items: int
    seed: int
    rounds: list[SimulatedRound] = field(default_factory=list)
    seconds: float = 0.0
    peak_rss_mb: float = 0.0

    @property
    def answers(self) -> int:
        """Answers given."""
        return self.rounds[-1].answers if self.rounds else 0

    @property
    def accuracy(self) -> float:
        """Share of all items whose final label is right."""
        return self.rounds[-1].accuracy if self.rounds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON-able data."""
        return asdict(self)

    def plot(self) -> Any:
        """The learning curve: accuracy against answers, as a Plotly figure."""
        from plotly import graph_objects

        figure = graph_objects.Figure(
            graph_objects.Scatter(
                x=[r.answers for r in self.rounds],
                y=[r.accuracy for r in self.rounds],
                mode="lines+markers",
                name=self.workflow,
            )
        )
        figure.update_layout(xaxis_title="answers", yaxis_title="share of all labels right")
        return figure


def simulate(
    project: Project,
    annotator: Annotator | Mapping[str, Annotator],
    *,
    budget: int,
    workflow: Workflow | None = None,
    stop: Criterion | None = None,
    seed: int | None = None,
    truths: Sequence[str | None] | None = None,
    report: Report = silent,
    on_round: Callable[[SimulatedRound], None] | None = None,
) -> Run:
    """Let `annotator` answer until the budget is spent or the workflow has nothing to ask.

    Parameters
    ----------
    project : Project
        Its answers must be empty; use `project.rehearse` to keep a real project clean.
    annotator : Annotator
        Who answers; the only one that may know the truth. Several by name take turns with the
        questions; after each round's, they give the second opinions that the project asks for.
    budget : int
        Answers at most, clusters and items alike.
    workflow : Workflow, optional
        By default the project's.
    stop : Criterion, optional
        What ends it before the budget is spent, by default what the project has chosen.
    seed : int, optional
        By default the project's.
    truths : sequence of str or None, optional
        What every item is, to measure against; by default as imported. It never reaches the
        workflow.
    on_round : callable, optional
        Called with each row as soon as it is known.

    Raises
    ------
    InvalidInput
        The budget is below 1, there is nobody to answer, or the project has answers.
    """
    team = annotator if isinstance(annotator, Mapping) else {SIMULATED: annotator}
    if not team:
        raise InvalidInput("Somebody must answer but nobody is named.")
    if budget < 1:
        raise InvalidInput(f"The budget must be at least 1 answer but is {budget}.")
    if project.store.answers.totals()["total"]:
        raise InvalidInput(
            "The project has answers already, which a simulation would mix with its own.",
            "Simulate with --rehearse, which leaves the project as it is.",
        )
    start = time.perf_counter()
    chosen = workflow or project.workflow
    run_seed = project.options["seed"] if seed is None else seed
    known = project.store.items.truths() if truths is None else truths
    rows: list[SimulatedRound] = []
    given = 0
    while True:
        ask = partial(
            project.round,
            workflow=chosen,
            seed=run_seed,
            budget_left=budget - given,
            stop=stop,
            report=report,
        )
        summary = ask()
        if project.needs_refinement():
            project.refine(seed=run_seed, report=report)
            audits = [question for question in summary.questions if question.purpose == "audit"]
            summary = ask()  # its questions take the place of the others, but not of an audit's
            summary = replace(summary, questions=[*audits, *summary.questions])
        if given:
            spent = time.perf_counter() - start
            rows.append(_row(project, len(rows) + 1, known, given, spent, summary.note))
            if on_round is not None:
                on_round(rows[-1])
        questions = summary.questions[: budget - given]
        if not questions:
            break
        _answer_all(project, team, questions, given, report)
        given += len(questions)
        given += _answer_besides(project, team, budget - given)
    return Run(
        chosen.name, project.n_items, run_seed, rows, time.perf_counter() - start, peak_rss_mb()
    )


def certify(
    project: Project,
    annotator: Annotator,
    *,
    error: float = 0.01,
    confidence: float = 0.95,
    most: int | None = None,
    name: bool = False,
    draw: Draw = EVENLY,
    report: Report = silent,
) -> Standing:
    """Let `annotator` answer what a certificate asks until its claim is proved.

    Parameters
    ----------
    project : Project
        With labels, such as `simulate` leaves.
    annotator : Annotator
        Who answers.
    error, confidence : float
        The claim, as of `Certifying.begin`.
    most : int, optional
        Answers after which it is given up; by default all that there are.
    name : bool, default False
        Whether to name the least sure labels once that takes fewer answers than to go on blindly is
        expected to.
    draw : {"evenly", "suspected", "classes"}, default "evenly"
        As of `Certifying.begin`.
    """
    certificates = project.certificates
    number = len(project.store.certificates.all())
    drawn_by = np.random.default_rng([project.options["seed"], CERTIFY, number])
    standing = certificates.begin(
        error,
        confidence=confidence,
        annotator=SIMULATED,
        seed=int(drawn_by.integers(2**31)),
        draw=draw,
    )
    given = 0
    while (waiting := certificates.questions()) and (most is None or given < most):
        report("certifying", given, most or standing.row.n_tested)
        naming = waiting[0].purpose == "review"
        for question in waiting if naming else waiting[:1]:
            project.answer(SIMULATED, annotator.answer(question), question_id=question.id)
            given += 1
        if naming:
            certificates.draw_on()
        elif name and _should_name(project, standing.row.id):
            certificates.name_unsure(SIMULATED)
    report("certifying", given, given)
    found = certificates.standing(standing.row.id)
    assert found is not None
    return found


def _should_name(project: Project, certificate_id: int) -> bool:
    """Whether people had better name the least sure labels now than go on answering blindly."""
    told = project.certificates.standing(certificate_id)
    assert told is not None
    if told.row.state != OPEN or told.finish is None or told.holds:
        return False
    return told.finish.left < told.certificate.to_go and told.finish.is_due


def score(labels: Labels, names: dict[int, str], truths: Sequence[str | None]) -> Scores:
    """Compare labels with the truth; items without a true class are left out.

    A class counts as right when its name is the true name, capital letters aside.
    """
    known = np.array([truth is not None for truth in truths])
    true = np.array([(truth or "").casefold() for truth in truths])[known]
    lookup = {class_id: name.casefold() for class_id, name in names.items()}
    best = labels.class_ids[known, 0]
    said = np.array([lookup.get(int(c), "") for c in best])
    right = (said == true) & (best != NO_CLASS)
    unasked = labels.sources[known] != PERSON
    return Scores(
        accuracy=_mean(right),
        accuracy_unasked=_mean(right[unasked]),
        macro_f1=_macro_f1(said, true),
    )


def peak_rss_mb() -> float:
    """Most memory that this process, or the largest that it has waited for, held; in megabytes.

    Not a number on Windows, which does not keep it.
    """
    if sys.platform == "win32":
        return float("nan")
    import resource

    users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(user).ru_maxrss for user in users)
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def _answer_all(
    project: Project,
    team: Mapping[str, Annotator],
    questions: list[Question],
    given: int,
    report: Report,
) -> None:
    """Answer in turns, of which so many have been."""
    names = list(team)
    for done, question in enumerate(questions):
        report("answering", done, len(questions))
        who = names[(given + done) % len(names)]
        project.answer(who, team[who].answer(question), question_id=question.id)
    report("answering", len(questions), len(questions))


def _answer_besides(project: Project, team: Mapping[str, Annotator], most: int) -> int:
    """Give the second opinions, and the answers again, that are asked of each; return how many."""
    given, before = 0, -1
    while before < given < most:  # an answer may bring about another question
        before = given
        for who, annotator in team.items():
            rows = project.store.questions.page("item", MOST_BESIDES, annotator=who)
            for row in [row for row in rows if row.purpose in ("second", "again")][: most - given]:
                asked = Question("item", row.reason, item=row.item)
                project.answer(who, annotator.answer(asked), question_id=row.id)
                given += 1
    return given


def _row(
    project: Project,
    number: int,
    truths: Sequence[str | None],
    given: int,
    seconds: float,
    note: str,
) -> SimulatedRound:
    names = project.store.classes.names()
    scores = score(project.labels(), names, truths)
    totals = project.store.answers.totals()
    return SimulatedRound(
        round=number,
        answers=given,
        rate=given / project.n_items,
        accuracy=scores.accuracy,
        accuracy_unasked=scores.accuracy_unasked,
        macro_f1=scores.macro_f1,
        classes=len(names),
        actions=totals["actions"],
        modelled_seconds=totals["seconds"],
        seconds=seconds,
        note=note,
    )


def _mean(right: BoolArray) -> float:
    return float(right.mean()) if len(right) else 0.0


def _macro_f1(said: Any, true: Any) -> float:
    from sklearn.metrics import f1_score

    if not len(true):
        return 0.0
    return float(f1_score(true, said, labels=np.unique(true), average="macro", zero_division=0))
