"""A project: the one object that the command line, the page, a notebook and a simulation drive."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from fewclicks import checks
from fewclicks.answers.consensus import Rule
from fewclicks.clusters.split import split_cluster
from fewclicks.engine.base import Engine
from fewclicks.errors import Conflict, FewclicksError, InvalidInput
from fewclicks.export.card import write_card
from fewclicks.items.base import Source
from fewclicks.items.ingest import Failure
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.queries.stopping import Criterion, make_criterion
from fewclicks.records import FloatArray, IntArray, Labels, Reply
from fewclicks.store import Store
from fewclicks.store.answers import AnswerRow
from fewclicks.workflows import make_workflow
from fewclicks.workflows.assessing import report_of
from fewclicks.workflows.base import Workflow
from fewclicks.workflows.believing import Beliefs
from fewclicks.workflows.carding import card_of
from fewclicks.workflows.certifying import Certifying
from fewclicks.workflows.choices import checked_choices, choices
from fewclicks.workflows.classes import ProjectClasses
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.consulting import consult, people_of, write_answers
from fewclicks.workflows.describing import settle
from fewclicks.workflows.explaining import Mistake, mistakes_of
from fewclicks.workflows.exporting import ExportSummary, export_labels
from fewclicks.workflows.importing import ImportSummary, import_source, known_options
from fewclicks.workflows.judging import Predictor
from fewclicks.workflows.originals import read_original
from fewclicks.workflows.partwise import PlaceSummary, predict_into
from fewclicks.workflows.placing import place_items, places_known
from fewclicks.workflows.predicting import Given, Prediction, predict_images
from fewclicks.workflows.preparing import Preparation
from fewclicks.workflows.rounds import RoundSummary, needs_refinement, run_refinement, run_round
from fewclicks.workflows.status import status_of
from fewclicks.workflows.synthesising import Made, synthesise_items
from fewclicks.workflows.uploading import THRESHOLD, Upload, keep_upload


class Project:
    """An image collection being labelled.

    Made by `Project.create` or `Project.open`, not directly.

    Attributes
    ----------
    certificates : Certifying
        Claims about how few labels are wrong, and how far they are proved.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.folder
        self.thumbnails = ThumbnailStore(store.folder / "thumbnails")
        described = store.describe()
        self.uid: str = described["uid"]
        self.name: str = described["name"]
        self._preparation = Preparation(store, self.thumbnails)
        self._beliefs = Beliefs(store, self.thumbnails)
        self.certificates = Certifying(store, self.full_labels)

    @classmethod
    def create(
        cls,
        folder: str | PathLike[str],
        source: str | PathLike[str] | None = None,
        *,
        labels: str | None = None,
        name: str | None = None,
        features: str = "auto",
        feature_options: dict[str, Any] | None = None,
        clusterer: str = "kmeans",
        n_codewords: int | None = None,
        workflow: str = "fewclicks",
        workflow_options: dict[str, Any] | None = None,
        stop: dict[str, Any] | None = None,
        second_share: float = 0.0,
        again_share: float = 0.0,
        consensus: Rule = "auto",
        seed: int = 0,
        report: Report = silent,
        url: str | None = None,
        engine: Engine | None = None,
        **source_options: Any,
    ) -> Project:
        """Make a new project and import `source` into it.

        Parameters
        ----------
        folder : path
            A new or empty folder.
        source : path or URL, optional
            Anything `open_source` understands; None makes an empty project.
        labels : str, optional
            Where the source's own labels are, for simulated annotators and benchmarks.
        features : str, default "auto"
            A name of `fewclicks.features.FEATURES`, or of a network as `features.Encoder` takes
            it, or a .npy, .npz or Parquet file with one row per item; "auto" chooses by the kind
            of images and, for photos, by whether the extra `photos` is installed.
        feature_options : dict, optional
            Parameters of these features, such as {"kernel": 2} of fingerprints.
        clusterer : str, default "kmeans"
            A name of `fewclicks.clusters.CLUSTERERS`.
        n_codewords : int, optional
            Clusters; by default about the square root of the number of items.
        workflow : str, default "fewclicks"
            A name of `fewclicks.workflows.WORKFLOWS`.
        workflow_options : dict, optional
            Parameters of that workflow.
        stop : dict, optional
            What ends the questions: `name`, one of `fewclicks.queries.stopping.CRITERIA`, and its
            parameters. By default only people do.
        second_share : float, default 0
            Share of the items judged one by one that another person is asked about, too.
        again_share : float, default 0
            Share that the same person is asked about again, later.
        consensus : {"auto", "majority", "latest"}, default "auto"
            What decides where people differ on an item: who proves right, by Dawid and Skene's
            model, once three people share enough items, else most votes; always most votes; or
            the latest word.
        seed : int, default 0
            Seed of everything random in the project.
        url : str, optional
            Database URL; by default SQLite in the folder.
        engine : Engine, optional
            What reads the images, such as a `fewclicks.engine.RayEngine`; by default this machine.

        Raises
        ------
        Conflict
            The folder is not empty.
        SourceError
            Nothing in the source can be read.
        """
        options = checked_choices(
            features=features,
            feature_options=feature_options,
            clusterer=clusterer,
            n_codewords=n_codewords,
            workflow=workflow,
            workflow_options=workflow_options,
            stop=stop,
            second_share=second_share,
            again_share=again_share,
            consensus=consensus,
            seed=seed,
        )
        path = Path(folder)
        opened = None if source is None else open_source(source, labels=labels, **source_options)
        project = cls(Store.create(path, name or path.resolve().name, options, url))
        if opened is not None:
            project._first_import(opened, report, engine)
        return project

    @classmethod
    def open(cls, folder: str | PathLike[str], url: str | None = None) -> Project:
        """Open an existing project.

        Raises
        ------
        NotFound
            There is no project in the folder.
        ProjectTooNew, ReadOnlyProject, ProjectError
            It cannot be used; the message says why and what to do.
        """
        return cls(Store.open(Path(folder), url))

    def close(self) -> None:
        """Let go of the project's files."""
        self.store.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.store.items.count()

    @property
    def options(self) -> dict[str, Any]:
        """The choices made when the project was created, and since."""
        return choices(self.store)

    @property
    def feature_set(self) -> dict[str, Any]:
        """The features in use: `name`, the `kind` of images seen, whether the ink is dark."""
        return settle(self.store, self.thumbnails)

    @property
    def workflow(self) -> Workflow:
        """The project's workflow."""
        options = self.options
        return make_workflow(options["workflow"], options["workflow_options"])

    @property
    def classes(self) -> ProjectClasses:
        """The classes as a whole: split one, see what is typical, export and take in the list."""
        return ProjectClasses(
            self.store, lambda: self.collection().features if self.prepared else None
        )

    @property
    def stop(self) -> Criterion | None:
        """What ends the questions by itself; None if only people do."""
        chosen = self.options["stop"]
        return None if chosen is None else make_criterion(**chosen)

    def add(
        self,
        source: str | PathLike[str],
        *,
        labels: str | None = None,
        report: Report = silent,
        engine: Engine | None = None,
        **source_options: Any,
    ) -> ImportSummary:
        """Import what is new in a source; ids and answers given before stay as they are.

        A source that was added before is read with the options it came with, unless others are
        given: images known from a folder with labels would else come again from it without.
        `engine`, by default this machine, reads the images.
        """
        given = {"labels": labels, **source_options}
        chosen = {name: value for name, value in given.items() if value is not None}
        opened = open_source(source, **(chosen or known_options(self.store, source)))
        return import_source(self.store, self.thumbnails, opened, report, engine=engine)

    def prepare(self, report: Report = silent, *, engine: Engine | None = None) -> None:
        """Compute features, clusters and neighbours, queue a question per cluster, run a round.

        What is there and still fits is kept; an interrupted run goes on where it stopped. The
        round is run if one is due, so that whoever opens the page next finds every queue filled.
        `engine`, by default this machine, does the work on single items.
        """
        self._preparation.run(report, engine)
        if self.needs_round():
            self.round(report=report)

    @property
    def prepared(self) -> bool:
        """Whether `prepare` has been done for the items there are now."""
        return self._preparation.done

    @property
    def awaits_uploads(self) -> bool:
        """Whether all that keeps the project from being prepared are uploads and what it made."""
        return self._preparation.awaits_uploads

    def collection(self, seed: int | None = None) -> Collection:
        """Features, clusters and neighbours; computed if `prepare` has not been done."""
        chosen = self.options["seed"] if seed is None else seed
        if self._preparation.known(chosen) is None and not self.prepared:
            self.prepare()
        return self._preparation.collection(chosen)

    def layout(self, report: Report = silent) -> FloatArray:
        """Where every item lies on the plane, near what looks like it, (n_items, 2), in [0, 1]².

        Learnt when first asked for and kept: items added later find their places among the others,
        which stay, until the collection has doubled. See `fewclicks.workflows.placing.place_items`
        for what is raised.
        """
        return place_items(self.store, self.collection(), self.options["seed"], report)

    def layout_known(self) -> FloatArray | None:
        """The places of the first items, as far as `layout` has kept them; None if it has none."""
        if not self.prepared:
            return None
        return places_known(self.store, self.collection(), self.options["seed"])

    def round(
        self,
        *,
        workflow: Workflow | None = None,
        seed: int | None = None,
        budget_left: int | None = None,
        stop: Criterion | None = None,
        report: Report = silent,
    ) -> RoundSummary:
        """Run one round: learn from the answers, label every item, queue the next questions.

        Once `stop`, by default the project's criterion, is met, nothing more is asked.
        """
        options = self.options
        return run_round(
            self.store,
            self.collection(seed),
            workflow or self.workflow,
            seed=options["seed"] if seed is None else seed,
            budget_left=budget_left,
            stop=stop or self.stop,
            report=report,
        )

    def refine(self, *, seed: int | None = None, report: Report = silent) -> None:
        """Let a network learn from the labels of the last round; the next round takes it up.

        See `fewclicks.workflows.rounds.run_refinement` for what is raised.
        """
        chosen = self.options["seed"] if seed is None else seed
        run_refinement(self.store, self.collection(seed), seed=chosen, report=report)

    def needs_refinement(self) -> bool:
        """Whether the workflow wants `refine` to be run, and a round after it."""
        return needs_refinement(self.store) and self.store.certificates.open() is None

    def needs_round(self) -> bool:
        """Whether there is enough to learn from (clusters, or a queue run low), or labels lack.

        Labels lack when items were added since the last round, or its file is lost.
        """
        return self._beliefs.needs_round()

    def answer(
        self,
        annotator: str,
        reply: Reply,
        *,
        question_id: int | None = None,
        item: int | None = None,
        class_id: int | None = None,
        client_id: str | None = None,
        replace: bool = False,
        together: bool = False,
    ) -> AnswerRow:
        """Record what a person said; it is on disk when this returns.

        See `fewclicks.store.answers.Answers.add` for the parameters and what is raised. A cluster
        found mixed is split at once and its parts are queued.
        """
        if item is not None:
            checks.item_ids([item], self.n_items)
        parts: Sequence[IntArray] = ()
        if reply.verdict == "mixed" and question_id is not None:
            members = self.store.questions.get(question_id).members
            if members is not None:
                parts = split_cluster(self.collection().features, members, random_state=0)
        row = self.store.answers.add(
            annotator,
            reply,
            question_id=question_id,
            item=item,
            class_id=class_id,
            parts=parts,
            client_id=client_id,
            replace=replace,
            together=together,
        )
        if row.purpose == "audit":
            self.certificates.draw_on()
        return row

    def mistakes(self, *, kind: str | None = None, report: Report = silent) -> list[Mistake]:
        """Answers that all else contradicts, the worst first; see `explaining.mistakes_of`."""
        return mistakes_of(self.store, self.collection(), self.options["seed"], kind, report)

    def people(self, *, random_state: int = 0) -> dict[str, Any]:
        """What each person gave, how far they agree with others and themselves; JSON-able.

        Of first looks at items that several people have judged one by one: `agreement` (the share
        of pairs of answers that are the same), `alpha` (Krippendorff's), `fleiss` (kappa, where
        most items have as many answers), `pairs` with Cohen's kappa, and for each of `people`
        their `agreement` with others, `consistency` when asked again, the share `right` by Dawid
        and Skene's model, and `confusions`: what they said by what the item is labelled now.
        Figures come with the ends of their 95 % interval; None where nothing is known.

        Parameters
        ----------
        random_state : int, default 0
            Seed of the resamples that intervals are made of.
        """
        return people_of(self.store, random_state)

    def consult(
        self,
        *,
        second_share: float | None = None,
        again_share: float | None = None,
        consensus: str | None = None,
    ) -> int:
        """Change how several people work together; None leaves a choice as it is.

        Items judged before are drawn too: returns for how many of them a second opinion is asked
        from now on. See `Project.create` for the choices.
        """
        chosen = {"second_share": second_share, "again_share": again_share}
        return consult(self.store, {**chosen, "consensus": consensus})

    def export_answers(self, target: str | PathLike[str], *, format: str | None = None) -> int:
        """Write who called which item what, one row per answer; return the number of rows.

        Answers about whole clusters are left out. `target` and `format` are those of a table, see
        `export`.
        """
        return write_answers(self.store, Path(target), format)

    def labels(self) -> Labels:
        """What is believed of every item now: the last round's labels under people's answers."""
        return self._beliefs.labels()

    def full_labels(self, report: Report = silent) -> Labels:
        """The same, after a round if labels lack: items were added, or their file is lost."""
        if self._beliefs.lacking():
            self.round(report=report)
        return self.labels()

    def export(
        self,
        target: str | PathLike[str],
        *,
        format: str | None = None,
        mode: str = "copy",
        layout: bool = False,
        report: Report = silent,
    ) -> ExportSummary:
        """Write the labels, with who or what decided each, to a table or one folder per class.

        A label card goes with it: whence the labels come, how right they are, and all that it
        takes to compute that again (`fewclicks verify`).

        Parameters
        ----------
        target : path
            A .csv, .parquet or .jsonl file, or a folder.
        format : {"csv", "parquet", "jsonl", "folders"}, optional
            By default by the target's suffix; "folders" without one.
        mode : {"copy", "hardlink", "symlink"}, default "copy"
            How images come into class folders.
        layout : bool, default False
            Add the columns x and y to a table: the item's place by `layout`.

        Labels that lack (see `needs_round`) are made first.
        """
        places = partial(self.layout, report) if layout else None
        labels = self.full_labels(report)
        done = export_labels(
            self.store, self.thumbnails, labels, Path(target), format, mode, report, places
        )
        calibration = self._beliefs.calibration()
        card = card_of(self.store, labels, calibration, self.certificates, done.path, done.rows)
        return replace(done, card=write_card(card, done.path))

    def predictor(self) -> Predictor:
        """What judges images that are no items, by what is believed now; made when first needed.

        See `fewclicks.workflows.judging.make_predictor`.
        """
        return self._beliefs.predictor()

    def predict(
        self, images: Given | Sequence[Given], *, report: Report = silent
    ) -> list[Prediction | Failure]:
        """Say what images that need not be items show, by what is believed now; nothing is kept.

        Parameters
        ----------
        images : path, bytes, ndarray, or sequence of them
            Image files or their bytes, pixels, folders, or other sources of many images.

        Returns
        -------
        list
            In the order given; a Failure, with reason and remedy, for each unreadable image.

        Raises
        ------
        InvalidInput
            The project's features come from a file, or it is not prepared.
        SourceError
            A path leads to no image.
        """
        return list(predict_images(self.store, self.predictor(), images, report))

    def predict_into(
        self,
        source: str | PathLike[str],
        place: str | PathLike[str],
        *,
        threshold: float = THRESHOLD,
        report: Report = silent,
        engine: Engine | None = None,
        **source_options: Any,
    ) -> PlaceSummary:
        """Say what every image of a source shows, in Parquet files at a place; for millions.

        The same call again goes on with what is not there yet.

        Parameters
        ----------
        source : path or URL
            Anything `open_source` understands, with the `source_options` it takes.
        place : path or URL
            A new or empty folder, local or wherever fsspec writes, or one to go on with.
        threshold : float, default 0.9
            Confidence from which a row is `sure`, see `Prediction.sure`.
        engine : Engine, optional
            What reads, describes, judges and writes; by default this machine.

        Raises
        ------
        InvalidInput
            The project is not prepared. For what else, see `workflows.partwise.predict_into`.
        """
        if not self.prepared:
            raise InvalidInput(
                "A project must be prepared to predict into files, but some of its items are not.",
                "Run: fewclicks prepare",
            )
        return predict_into(
            self.store,
            self.thumbnails,
            self.predictor(),
            self.collection(),
            open_source(source, **source_options),
            place,
            threshold=threshold,
            report=report,
            engine=engine,
        )

    def upload(self, data: bytes, name: str, *, threshold: float = THRESHOLD) -> Upload:
        """Make an image an item: filed by the model if it is sure enough, else asked about.

        The next preparation and round label it. See `fewclicks.workflows.uploading.keep_upload`
        for what is done and raised.
        """
        predictor, labels = self.predictor(), self.labels()
        return keep_upload(self.store, self.thumbnails, predictor, labels, data, name, threshold)

    def synthesise(
        self, n: int = 20, *, random_state: int = 0, report: Report = silent
    ) -> list[Made]:
        """Make up to `n` images at the boundary of classes, items too, and ask about each.

        Counts and exports leave them out. The next preparation describes them. See
        `fewclicks.workflows.synthesising.synthesise_items` for what is done and raised.
        """
        return synthesise_items(
            self.store,
            self.thumbnails,
            self.predictor(),
            self.labels(),
            n,
            random_state=random_state,
            report=report,
        )

    def original(self, item: int) -> tuple[bytes, str] | None:
        """The original image as a file's bytes and media type; None if it cannot be read now."""
        return read_original(self.store, item)

    def rehearse(self, home: str | PathLike[str]) -> Project:
        """The same items without any answer, class or question; nothing said there comes back."""
        path = Path(home)
        if path.exists() and any(path.iterdir()):
            raise Conflict(f"{path} is not empty.", "Choose a new folder for the rehearsal.")
        return Project(self.store.rehearsal(path))

    def status(self) -> dict[str, Any]:
        """Counts of items, answers, effort, classes and open questions, JSON-able."""
        return status_of(self.store, self.labels())

    def report(self) -> dict[str, Any]:
        """How right the labels are by blind answers, per class and round, and who gave how many.

        JSON-able. `accuracy` and each class's `precision` are counts of checked items with their
        share and its 95 % interval, None without any; `confusions` counts what people said of
        checked items by what these are labelled with. `calibration` has the `temperature` that
        sets right how sure a model is, and the number `n` of checks it was found by, 0 for none.
        """
        return report_of(self.store, self.labels(), self._beliefs.calibration())

    def _first_import(self, source: Source, report: Report, engine: Engine | None) -> None:
        try:
            import_source(self.store, self.thumbnails, source, report, engine=engine)
        except FewclicksError:
            if not self.n_items:  # nothing came of it, so the name stays free for another try
                self.close()
                shutil.rmtree(self.folder)
            raise
