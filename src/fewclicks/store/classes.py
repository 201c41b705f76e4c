"""Classes: created as answers name them, renamed and merged without touching an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import ClassEntry, IntArray
from fewclicks.store import classlist, classrows, hierarchy, lineage, schema, splitting
from fewclicks.store.changes import Change, values_now
from fewclicks.store.classlist import TakenClasses as TakenClasses
from fewclicks.store.classrows import LONGEST_DESCRIPTION as LONGEST_DESCRIPTION
from fewclicks.store.classrows import MOST_EXAMPLES as MOST_EXAMPLES
from fewclicks.store.classrows import ClassRow as ClassRow
from fewclicks.store.database import Database
from fewclicks.store.events import Events
from fewclicks.store.lineage import KEYS as KEYS


class Classes:
    """The classes of one project; ids are for ever, names are not."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def all(self) -> list[ClassRow]:
        """Classes in use, in the order created (neither deleted nor merged away)."""
        with self._database.read() as connection:
            return [classrows.made(row) for row in lineage.live(connection)]

    def get(self, class_id: int) -> ClassRow:
        """One class in use.

        Raises
        ------
        NotFound
            There is none of this id, or it was deleted or merged.
        """
        with self._database.read() as connection:
            return classrows.require(connection, class_id)

    def ever(self, class_id: int) -> ClassRow:
        """A class, whatever has become of it.

        Raises
        ------
        NotFound
            There never was one of this id.
        """
        with self._database.read() as connection:
            return _ever(connection, class_id)

    def names(self) -> dict[int, str]:
        """Name by id of every class in use."""
        return {row.id: row.name for row in self.all()}

    def parents(self) -> dict[int, str]:
        """Name of its parent by id of every class in use that has one."""
        names = self.names()
        return {row.id: names[row.parent_id] for row in self.all() if row.parent_id in names}

    def heirs(self) -> IntArray:
        """For each class id ever given, the class that stands for it now; NO_CLASS if deleted."""
        with self._database.read() as connection:
            return lineage.heirs(connection)

    def answers_of(self, class_id: int) -> list[int]:
        """Ids of the standing answers of a class and of those merged into it, ascending."""
        with self._database.read() as connection:
            return [answer for answer, _ in lineage.answers_of(connection, class_id)]

    def create(
        self,
        annotator: str,
        name: str,
        color: str | None = None,
        key: str | None = None,
        client_id: str | None = None,
        **values: Any,
    ) -> ClassRow:
        """Add a class; without a colour or key it gets the next free one.

        `values` may give more of what `update` takes.

        Raises
        ------
        Conflict
            A class in use has this name (capital letters aside) or this key, or the parent has a
            parent itself.
        InvalidInput
            The name is empty, over 200 characters or holds control characters, the colour is not
            #rrggbb, the key is not one of KEYS, the description has over 2,000 characters, or
            there are over 12 examples.
        NotFound
            The parent is no class in use, or an example no item.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                columns = _columns({"name": name, "color": color, "key": key, **values})
                parent_id = columns.pop("parent_id", None)
                class_id = classrows.insert(change, columns)
                if parent_id is not None:
                    hierarchy.check(change.connection, class_id, parent_id)
                    classrows.rewrite(change, class_id, {"parent_id": parent_id})
                change.text = f"added class “{columns['name']}”"
                change.result = {"class": class_id}
            return _ever(change.connection, change.result["class"])

    def update(
        self, annotator: str, class_id: int, client_id: str | None = None, **values: Any
    ) -> ClassRow:
        """Change `name`, `color`, `key`, `parent`, `description` or `examples`.

        Answers keep pointing at the same class. What is None stays as it is; the key "" and the
        parent NO_CLASS take them away. `examples` are item ids. Raises as `create` does, and
        Conflict if there are classes under one that is to have a parent.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                before = classrows.require(change.connection, class_id)
                columns = _columns(values)
                classrows.check(change.connection, columns, ignore=class_id)
                if columns.get("parent_id") is not None:
                    hierarchy.check(change.connection, class_id, columns["parent_id"])
                classrows.rewrite(change, class_id, columns)
                change.text = _update_text(change, before, columns)
                change.result = {"class": class_id}
            return _ever(change.connection, change.result["class"])

    def merge(
        self, annotator: str, class_id: int, into: int, client_id: str | None = None
    ) -> ClassRow:
        """Let class `into` stand for `class_id` from now on; undo separates them again.

        Classes under the one that goes come under the other, or under its parent if it has one.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                if class_id == into:
                    raise InvalidInput("A class cannot be merged into itself.")
                gone = classrows.require(change.connection, class_id)
                kept = classrows.require(change.connection, into)
                hierarchy.leave_behind(change, class_id, kept)
                change.patch(schema.classes, [class_id], "merged_into", None, into)
                change.text = f"merged class “{gone.name}” into “{kept.name}”"
                change.result = {"class": into}
            return _ever(change.connection, change.result["class"])

    def delete(self, annotator: str, class_id: int, client_id: str | None = None) -> int:
        """Delete a class; its answers are withdrawn and their questions open again.

        Classes under it stay, under none. Undo brings everything back. Returns the event's id.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                gone = classrows.require(change.connection, class_id)
                rows = lineage.answers_of(change.connection, class_id)
                asked = sorted({question for _, question in rows if question is not None})
                states = values_now(change.connection, schema.questions, asked, "state")
                change.patch(schema.answers, [row[0] for row in rows], "withdrawn", False, True)
                change.patch(
                    schema.questions, states.get("answered", []), "state", "answered", "open"
                )
                hierarchy.leave_behind(change, class_id)
                change.patch(schema.classes, [class_id], "deleted", False, True)
                change.text = f"deleted class “{gone.name}” with {len(rows)} answers"
                change.result = {"class": class_id}
            return change.event_id

    def split(
        self,
        annotator: str,
        class_id: int,
        clusters: Sequence[IntArray],
        seen: Sequence[int],
        client_id: str | None = None,
    ) -> list[int]:
        """Withdraw the answers of a class and ask about its items anew, cluster by cluster.

        The class stays, for what is called so again; one undo brings everything back.

        Parameters
        ----------
        annotator : str
            Who splits it.
        class_id : int
            The class that is two.
        clusters : sequence of arrays of item ids
            What is to be asked about together, the first first; a single item is asked about
            alone.
        seen : sequence of int
            The answers of the class (see `answers_of`) that the clusters were made from.
        client_id : str, optional
            Repeating it changes nothing and returns the questions of the first time.

        Returns
        -------
        list of int
            The questions, the one to be asked first first.

        Raises
        ------
        Conflict
            The class has no answers, or others than those seen.
        NotFound
            The class is not in use.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                known = classrows.require(change.connection, class_id)
                questions = splitting.split(change, known, clusters, seen)
                change.text = f"split class “{known.name}” with {len(seen)} answers"
                change.result = {"class": class_id, "questions": questions}
            return list(change.result["questions"])

    def take(
        self, annotator: str, entries: Sequence[ClassEntry], client_id: str | None = None
    ) -> TakenClasses:
        """Take in a list of classes: one change that one undo takes back.

        A class in use of that name (capital letters aside) is changed where the list says
        something, others are added, nothing is deleted. Parents that are neither listed nor in
        use are added, too. Examples that are no items here are skipped.

        Raises
        ------
        InvalidInput
            Rows cannot be taken, all of which the message names, or there is none.
        """
        if not entries:
            raise InvalidInput("A list of classes must name at least one.")
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                taken = classlist.take(change, entries)
                change.text = (
                    f"imported a list of classes: {taken.n_added} added, {taken.n_changed} changed"
                )
                change.result = asdict(taken)
            return TakenClasses(**change.result)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    known = ("name", "color", "key", "parent", "description", "examples")
    unknown = set(values) - set(known)
    if unknown:
        raise InvalidInput(
            f"A class has a {', '.join(known[:-1])} and {known[-1]} but no {min(unknown)}."
        )
    return classrows.columns_of(values)


def _ever(connection: sa.Connection, class_id: int) -> ClassRow:
    """A class in use or not: a repeated request gets its reply."""
    query = sa.select(schema.classes).where(schema.classes.c.id == class_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"There is no class {class_id}.")
    return classrows.made(row)


def _update_text(change: Change, before: ClassRow, columns: dict[str, Any]) -> str:
    if columns.get("name") not in (None, before.name):
        return f"renamed class “{before.name}” to “{columns['name']}”"
    parent_id = columns.get("parent_id", before.parent_id)
    if parent_id != before.parent_id:
        if parent_id is None:
            return f"took class “{before.name}” out of its parent"
        parent = classrows.require(change.connection, parent_id)
        return f"put class “{before.name}” under “{parent.name}”"
    if list(columns) == ["description"]:
        return f"described class “{before.name}”"
    if list(columns) == ["examples"]:
        return f"chose examples of class “{before.name}”"
    return f"changed class “{before.name}”"
