"""Random sequences of changes, compared after each step with slow and obvious readings.

`OnePerson` compares with a model in plain Python, whose undo is to take the state before from a
stack. `TwoPeople` undo anything at any time, with rounds and new clusters in between; there the
rows themselves must stay in order, and a change that is refused must leave no trace.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import CLUSTER, NO_CLASS, NOBODY, PERSON, Question, Reply
from fewclicks.store import Store, schema
from fewclicks.store.lineage import KEYS

N_ITEMS = 12
CLUSTERS = [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11]]
NAMES = ["cat", "dog", "Cat", "owl", "DOG"]
RAM = Path("/dev/shm")  # where each flush to disk is quick; the faults tests use the disk

names = st.sampled_from(NAMES)
verdicts = st.sampled_from(["class", "class", "class", "unsure", "none", "mixed"])
picks = st.integers(0, 30)


@dataclass
class State:
    """What a project holds, as anybody would write it down."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    classes: dict[int, dict[str, Any]] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)

    def live(self) -> dict[int, dict[str, Any]]:
        return {i: c for i, c in self.classes.items() if c["heir"] == i}

    def named(self, name: str) -> int | None:
        wanted = name.casefold()
        return next((i for i, c in self.live().items() if c["name"].casefold() == wanted), None)

    def queue(self, kind: str) -> list[dict[str, Any]]:
        asked = [q for q in self.questions if q["kind"] == kind and q["state"] == "open"]
        return sorted(asked, key=lambda q: -q["priority"])  # stable: older first

    def heir(self, class_id: int | None) -> int:
        while class_id is not None and self.classes[class_id]["heir"] != class_id:
            class_id = self.classes[class_id]["heir"]
        return NO_CLASS if class_id is None else class_id

    def sheet(self) -> list[tuple[int, int, bool]]:
        rows = [(NO_CLASS, NOBODY, False)] * N_ITEMS
        for source in (CLUSTER, PERSON):
            for answer in self.answers:
                if answer["source"] != source:
                    continue
                if answer["verdict"] == "class":
                    row = (self.heir(answer["class"]), source, False)
                elif answer["verdict"] == "none" or source == PERSON:
                    row = (NO_CLASS, source, True)
                else:
                    continue
                for item in answer["items"]:
                    rows[item] = row
        return rows


class OnePerson(RuleBasedStateMachine):
    make: Callable[[], Any]

    @initialize()
    def start(self) -> None:
        self.context = self.make()
        self.store: Store = self.context.__enter__()
        self.now = State()
        self.undone: list[State] = []
        self.before: list[State] = []
        self.n_said = self.n_classes = 0
        self.repeat: tuple[Callable[[], Any], Any] | None = None
        asked = [
            Question("cluster", "why", float(-i), members=np.array(ids), cluster=i)
            for i, ids in enumerate(CLUSTERS)
        ]
        ids = self.store.questions.ask_clusters("p", asked)
        self._ask("cluster", zip(ids, CLUSTERS, [0.0, -1.0, -2.0], strict=True))

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    # what a person does

    @rule(kind=st.sampled_from(["cluster", "item"]), pick=picks, verdict=verdicts, name=names,
          misfits=st.sets(picks, max_size=3))  # fmt: skip
    def answer_the_queue(
        self, kind: str, pick: int, verdict: str, name: str, misfits: set[int]
    ) -> None:
        queue = self.now.queue(kind)
        if queue and not (verdict == "mixed" and kind == "item"):
            self._answer(queue[pick % len(queue)], verdict, name, misfits, replace=False)

    @rule(pick=picks, verdict=verdicts, name=names, misfits=st.sets(picks, max_size=3))
    def change_an_answer(self, pick: int, verdict: str, name: str, misfits: set[int]) -> None:
        asked = [q for q in self.now.questions if q["state"] == "answered"]
        if asked:
            question = asked[pick % len(asked)]
            if verdict == "mixed" and question["kind"] == "item":
                return
            with pytest.raises(Conflict):
                self.store.answers.add("ana", Reply("none"), question_id=question["id"])
            self._answer(question, verdict, name, misfits, replace=True)

    @rule(item=st.integers(0, N_ITEMS - 1), verdict=verdicts.filter(lambda v: v != "mixed"),
          name=names)  # fmt: skip
    def judge_an_item(self, item: int, verdict: Any, name: str) -> None:
        reply = Reply(verdict, name, seconds=1.0)
        self._call(lambda c: self.store.answers.add("ana", reply, item=item, client_id=c))
        self._change()
        for question in self.now.queue("item"):
            if question["about"] == [item]:
                question["state"] = "closed"
        self._say(None, verdict, name, [item], PERSON)

    @rule(name=names)
    def create_a_class(self, name: str) -> None:
        if self.now.named(name) is not None:
            with pytest.raises(Conflict):
                self.store.classes.create("ana", name)
            return
        self._call(lambda c: self.store.classes.create("ana", name, client_id=c))
        self._change()
        self._new_class(name)

    @rule(pick=picks, name=names)
    def rename_a_class(self, pick: int, name: str) -> None:
        if not self.now.live():
            return
        class_id = sorted(self.now.live())[pick % len(self.now.live())]
        if self.now.named(name) not in (None, class_id):
            with pytest.raises(Conflict):
                self.store.classes.update("ana", class_id, name=name)
            return
        self._call(lambda c: self.store.classes.update("ana", class_id, client_id=c, name=name))
        if self.now.classes[class_id]["name"] == name:
            self.undone.clear()  # nothing changed, but something was done
        else:
            self._change()
            self.now.classes[class_id]["name"] = name

    @rule(first=picks, second=picks)
    def merge_classes(self, first: int, second: int) -> None:
        live = sorted(self.now.live())
        if len(live) < 2:
            return
        gone = live[first % len(live)]
        kept = [i for i in live if i != gone][second % (len(live) - 1)]
        self._call(lambda c: self.store.classes.merge("ana", gone, kept, client_id=c))
        self._change()
        self.now.classes[gone]["heir"] = kept

    @rule(pick=picks)
    def delete_a_class(self, pick: int) -> None:
        live = sorted(self.now.live())
        if not live:
            return
        gone = live[pick % len(live)]
        self._call(lambda c: self.store.classes.delete("ana", gone, client_id=c))
        self._change()
        kept = []
        for answer in self.now.answers:
            if answer["class"] is None or self.now.heir(answer["class"]) != gone:
                kept.append(answer)
            elif answer["question"] is not None:
                self._question(answer["question"])["state"] = "open"
        self.now.answers = kept
        self.now.classes[gone]["heir"] = None

    @rule(kind=st.sampled_from(["cluster", "item"]), pick=picks)
    def skip(self, kind: str, pick: int) -> None:
        queue = self.now.queue(kind)
        if queue:
            chosen = queue[pick % len(queue)]["id"]
            self._call(lambda c: self.store.questions.skip("ana", chosen, client_id=c))
            self._change()
            lowest = min(q["priority"] for q in self.now.queue(kind))
            self._question(chosen)["priority"] = lowest - 1

    @rule()
    def undo(self) -> None:
        if not self.before:
            with pytest.raises(Conflict):
                self.store.events.undo("ana")
            return
        self._call(lambda c: self.store.events.undo("ana", client_id=c))
        self.undone.append(self.now)
        self.now = self.before.pop()

    @rule()
    def redo(self) -> None:
        if not self.undone:
            with pytest.raises(Conflict):
                self.store.events.redo("ana")
            return
        self._call(lambda c: self.store.events.redo("ana", client_id=c))
        self.before.append(self.now)
        self.now = self.undone.pop()

    @precondition(lambda self: self.repeat is not None)
    @rule()
    def say_it_again(self) -> None:
        assert self.repeat is not None
        call, reply = self.repeat
        again = call()
        if not isinstance(reply, tuple):  # undo and redo tell how their event stands now
            assert again == reply or again.id == reply.id

    # what must then be so

    @invariant()
    def the_sheet_is_right(self) -> None:
        if hasattr(self, "store"):
            sheet = self.store.answers.sheet(N_ITEMS)
            told = zip(sheet.class_ids, sheet.sources, sheet.withheld, strict=True)
            assert [tuple(row) for row in told] == self.now.sheet()
            assert sheet.n_answers == len(self.now.answers)

    @invariant()
    def the_queue_is_right(self) -> None:
        if hasattr(self, "store"):
            for kind in ("cluster", "item"):
                rows = self.store.questions.page(kind, limit=1000)
                assert [row.id for row in rows] == [q["id"] for q in self.now.queue(kind)]

    @invariant()
    def the_classes_are_right(self) -> None:
        if hasattr(self, "store"):
            told = {c.id: (c.name, c.key) for c in self.store.classes.all()}
            assert told == {i: (c["name"], c["key"]) for i, c in self.now.live().items()}

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "store"):
            with self.store.database.read() as connection:
                n = connection.scalar(sa.select(sa.func.count()).select_from(schema.answers))
            assert n == self.n_said
            assert self.store.answers.totals()["seconds"] == self.n_said

    # how it is written down

    def _call(self, act: Callable[[str], Any]) -> Any:
        client_id = f"client {self.store.events.last_id()}"
        reply = act(client_id)
        self.repeat = (lambda: act(client_id), reply)
        return reply

    def _change(self) -> None:
        self.before.append(copy.deepcopy(self.now))
        self.undone.clear()

    def _answer(
        self, question: dict[str, Any], verdict: Any, name: str, misfits: set[int], replace: bool
    ) -> None:
        about, kind, number = question["about"], question["kind"], question["id"]
        out = sorted({about[m % len(about)] for m in misfits}) if kind == "cluster" else []
        half = len(about) // 2
        parts = [about[:half], about[half:]] if verdict == "mixed" and half else []
        reply = Reply(verdict, name, misfits=tuple(out), seconds=1.0)
        answer = self._call(
            lambda c: self.store.answers.add(
                "ana", reply, question_id=number, parts=parts, client_id=c, replace=replace
            )
        )
        self._change()
        for old in [a for a in self.now.answers if a["question"] == number]:
            self.now.answers.remove(old)
            for brought in old["brought"]:
                if self._question(brought)["state"] == "open":
                    self._question(brought)["state"] = "closed"
        self._question(number)["state"] = "answered"
        source = CLUSTER if kind == "cluster" else PERSON
        self._say(number, verdict, name, [i for i in about if i not in out], source)
        priorities = [float(len(part)) for part in parts]
        brought_about = self._ask("cluster", zip(answer.split, parts, priorities, strict=True))
        if verdict != "mixed":
            brought_about += self._ask_misfits(out)
        self.now.answers[-1]["brought"] = brought_about

    def _ask_misfits(self, misfits: list[int]) -> list[int]:
        known = {q["about"][0] for q in self.now.queue("item")}
        known |= {a["items"][0] for a in self.now.answers if a["source"] == PERSON}
        new = [item for item in misfits if item not in known]
        rows = {row.item: row.id for row in self.store.questions.page("item", limit=1000)}
        return self._ask("item", [(rows[item], [item], 0.0) for item in new])

    def _ask(self, kind: str, asked: Any) -> list[int]:
        ids = []
        for number, about, priority in asked:
            ids.append(number)
            self.now.questions.append(
                {"id": number, "kind": kind, "about": list(about), "priority": priority,
                 "state": "open"}
            )  # fmt: skip
        return ids

    def _say(self, question: int | None, verdict: str, name: str, items: list[int], source: int
             ) -> None:  # fmt: skip
        self.n_said += 1
        class_id = None
        if verdict == "class":
            class_id = self.now.named(name)
            if class_id is None:
                class_id = self._new_class(name)
        self.now.answers.append(
            {"question": question, "verdict": verdict, "class": class_id, "items": items,
             "source": source, "brought": []}
        )  # fmt: skip

    def _new_class(self, name: str) -> int:
        self.n_classes += 1
        used = {c["key"] for c in self.now.live().values()}
        key = next(k for k in KEYS if k not in used)
        self.now.classes[self.n_classes] = {"name": name, "key": key, "heir": self.n_classes}
        return self.n_classes

    def _question(self, number: int) -> dict[str, Any]:
        return next(q for q in self.now.questions if q["id"] == number)


class TwoPeople(RuleBasedStateMachine):
    make: Callable[[], Any]
    dump: Callable[[Store], dict[str, list[tuple[Any, ...]]]]

    @initialize()
    def start(self) -> None:
        self.context = self.make()
        self.store: Store = self.context.__enter__()
        self.seen: dict[str, list[tuple[Any, ...]]] = {"answers": [], "events": []}
        self._partition("p", CLUSTERS)

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    @rule(who=st.sampled_from(["ana", "bob"]), pick=picks, verdict=verdicts, name=names,
          misfits=st.sets(picks, max_size=2), replace=st.booleans())  # fmt: skip
    def answer(
        self, who: str, pick: int, verdict: Any, name: str, misfits: set[int], replace: bool
    ) -> None:
        row = self.store.questions.get(self._pick("questions", pick))
        about = [] if row.members is None else row.members.tolist()
        out = tuple({about[m % len(about)] for m in misfits}) if about else ()
        parts = [about[:1], about[1:]] if len(about) > 1 else []
        reply = Reply(verdict, name, misfits=out)
        self._try(
            lambda: self.store.answers.add(
                who, reply, question_id=row.id, parts=parts, replace=replace
            )
        )

    @rule(who=st.sampled_from(["ana", "bob"]), item=st.integers(0, N_ITEMS - 1), name=names)
    def judge(self, who: str, item: int, name: str) -> None:
        self._try(lambda: self.store.answers.add(who, Reply("class", name), item=item))

    @rule(who=st.sampled_from(["ana", "bob"]), what=st.sampled_from(["create", "rename", "merge",
          "delete", "key"]), pick=picks, other=picks, name=names)  # fmt: skip
    def change_classes(self, who: str, what: str, pick: int, other: int, name: str) -> None:
        classes = self.store.classes
        first, second = 1 + pick % 6, 1 + other % 6
        acts: dict[str, Callable[[], Any]] = {
            "create": lambda: classes.create(who, name),
            "rename": lambda: classes.update(who, first, name=name),
            "merge": lambda: classes.merge(who, first, second),
            "delete": lambda: classes.delete(who, first),
            "key": lambda: classes.update(who, first, key=KEYS[second]),
        }
        self._try(acts[what])

    @rule(who=st.sampled_from(["ana", "bob"]), pick=picks)
    def skip(self, who: str, pick: int) -> None:
        self._try(lambda: self.store.questions.skip(who, self._pick("questions", pick)))

    @rule(who=st.sampled_from(["ana", "bob"]))
    def undo_mine(self, who: str) -> None:
        self._try(lambda: self.store.events.undo(who))

    @rule(who=st.sampled_from(["ana", "bob"]), back=picks)
    def undo_any(self, who: str, back: int) -> None:
        if not self.seen["events"]:
            return
        event = self._pick("events", -1 - back)
        self._try(lambda: self.store.events.undo(who, event=event))

    @rule(who=st.sampled_from(["ana", "bob"]))
    def redo(self, who: str) -> None:
        self._try(lambda: self.store.events.redo(who))

    @rule(items=st.sets(st.integers(0, N_ITEMS - 1), min_size=1, max_size=3))
    def finish_a_round(self, items: set[int]) -> None:
        asked = [Question("item", "why", item=item) for item in sorted(items)]
        self.store.rounds.finish(self.store.rounds.next_id(), "test", 0, 0, "", {}, asked, "p")

    @rule(name=st.sampled_from(["p", "q"]))
    def cluster_anew(self, name: str) -> None:
        self._partition(name, CLUSTERS if name == "p" else [[0, 4, 8], [1, 5, 9]])

    @invariant()
    def history_only_grows(self) -> None:
        if hasattr(self, "store"):
            now = self.dump(self.store)
            for table, changing in (("answers", {"withdrawn"}), ("events", {"undone_by"})):
                columns = [c.name for c in schema.metadata.tables[table].c]
                kept = [i for i, name in enumerate(columns) if name not in changing]
                old = [[row[i] for i in kept] for row in self.seen[table]]
                assert [[row[i] for i in kept] for row in now[table][: len(old)]] == old
            self.seen = now

    @invariant()
    def a_question_is_answered_if_an_answer_stands(self) -> None:
        if hasattr(self, "store"):
            with self.store.database.read() as connection:
                standing = list(
                    connection.scalars(
                        sa.select(schema.answers.c.question_id).where(
                            schema.answers.c.withdrawn.is_(False),
                            schema.answers.c.question_id.is_not(None),
                        )
                    )
                )
                answered = list(
                    connection.scalars(
                        sa.select(schema.questions.c.id).where(
                            schema.questions.c.state == "answered"
                        )
                    )
                )
            assert sorted(standing) == sorted(answered)

    @invariant()
    def classes_agree(self) -> None:
        if hasattr(self, "store"):
            live = self.store.classes.all()
            assert len({row.name.casefold() for row in live}) == len(live)
            keys = [row.key for row in live if row.key is not None]
            assert len(set(keys)) == len(keys)
            heirs = self.store.classes.heirs()
            with self.store.database.read() as connection:
                said = connection.scalars(
                    sa.select(schema.answers.c.class_id).where(
                        schema.answers.c.withdrawn.is_(False),
                        schema.answers.c.class_id.is_not(None),
                    )
                ).all()
            assert {int(heirs[class_id]) for class_id in said} <= {row.id for row in live}

    def _partition(self, name: str, clusters: list[list[int]]) -> None:
        asked = [
            Question("cluster", "why", members=np.array(ids), cluster=i)
            for i, ids in enumerate(clusters)
        ]
        self.store.questions.ask_clusters(name, asked)

    def _pick(self, table: str, place: int) -> int:
        rows = self.dump(self.store)[table]
        return int(rows[place % len(rows)][0])

    def _try(self, act: Callable[[], Any]) -> None:
        before = self.dump(self.store)
        try:
            act()
        except (Conflict, NotFound, InvalidInput):
            assert self.dump(self.store) == before


@pytest.fixture
def projects(
    make_store: Callable[..., Store], request: pytest.FixtureRequest
) -> Callable[[str], Callable[[], Any]]:
    """Give a maker of new projects, one after the other, on a kind of database."""

    def on(kind: str) -> Callable[[], Any]:
        @contextmanager
        def making() -> Iterator[Store]:
            folder = Path(tempfile.mkdtemp(dir=RAM if RAM.is_dir() else None))
            url = None if kind == "sqlite" else request.getfixturevalue("emptied_postgresql")()
            store = make_store(folder / "project", url, N_ITEMS)
            try:
                yield store
            finally:
                store.close()
                shutil.rmtree(folder)

        return making

    return on


@pytest.mark.parametrize(("kind", "examples", "steps"), [("sqlite", 45, 30), ("postgresql", 4, 30)])
@pytest.mark.parametrize("machine", [OnePerson, TwoPeople])
def test_any_sequence_of_changes_adds_up(
    machine: type[RuleBasedStateMachine],
    kind: str,
    examples: int,
    steps: int,
    projects: Callable[[str], Callable[[], Any]],
    dump: Callable[[Store], Any],
) -> None:
    with projects(kind)():
        pass  # a missing server is told before Hypothesis begins
    tried = type(machine.__name__, (machine,), {
        "make": staticmethod(projects(kind)), "dump": staticmethod(dump),
    })  # fmt: skip
    run_state_machine_as_test(
        tried,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
