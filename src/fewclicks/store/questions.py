"""The queue: what is to be asked, in which order, and what has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import ASKED_ONCE, IntArray, Purpose, Question
from fewclicks.store import asking, followups, intake, opinions, schema
from fewclicks.store.database import Database
from fewclicks.store.events import Events

FEWEST_NEWCOMERS = 2
"""Members that joined a cluster below which they are no cluster to be asked about."""

MOST_SINGLY = 1000
"""Items of a person's choosing that are asked about one by one at once."""


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as it stands in the queue; `members` are most typical first."""

    id: int
    kind: str
    purpose: str
    reason: str
    item: int | None
    members: IntArray | None
    n_members: int
    cluster: int | None
    partition: str | None
    round: int | None
    state: str


class Questions:
    """The questions of one project."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def page(
        self,
        kind: str,
        limit: int = 20,
        after: int | None = None,
        annotator: str | None = None,
    ) -> list[QuestionRow]:
        """The next open questions of this kind, first to be asked first.

        `after` is the id of the last question already seen; `annotator` who is to be asked:
        without a name, questions that are for some people only are left out.
        """
        table = schema.questions
        order = (table.c.priority.desc(), table.c.id)
        # ids alone first: the index knows them, and members would all be sorted along
        query = sa.select(table.c.id).where(table.c.state == asking.OPEN, table.c.kind == kind)
        with self._database.read() as connection:
            query = query.where(opinions.is_for(connection, annotator))
            if after is not None:
                seen = connection.execute(sa.select(table).where(table.c.id == after)).first()
                if seen is not None:
                    query = query.where(
                        sa.or_(
                            table.c.priority < seen.priority,
                            sa.and_(table.c.priority == seen.priority, table.c.id > after),
                        )
                    )
            wanted = table.c.id.in_(query.order_by(*order).limit(limit))
            rows = connection.execute(sa.select(table).where(wanted).order_by(*order))
            return [_row(row) for row in rows]

    def get(self, question_id: int) -> QuestionRow:
        """One question, whatever its state.

        Raises
        ------
        NotFound
            There is no such question.
        """
        with self._database.read() as connection:
            return _row(asking.get(connection, question_id))

    def answered_clusters(self, partition: str) -> set[int]:
        """Numbers of the clusters of a partition that have been answered."""
        table = schema.questions
        query = sa.select(table.c.cluster).where(
            table.c.partition == partition,
            table.c.parent_id.is_(None),
            table.c.state == asking.ANSWERED,
        )
        with self._database.read() as connection:
            return {int(cluster) for cluster in connection.scalars(query)}

    def open_clusters(self, partition: str) -> dict[int, int]:
        """Id of the open question of each cluster of a partition that has one.

        Of a cluster that was split it is the first open one of its parts, or of theirs.
        """
        table = schema.questions
        query = (
            sa.select(table.c.id, table.c.cluster, table.c.parent_id, table.c.state)
            .where(table.c.partition == partition, table.c.kind == "cluster")
            .order_by(table.c.id)  # a part is younger than what it is a part of
        )
        whole: dict[int, int] = {}
        found: dict[int, int] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                cluster = row.cluster if row.parent_id is None else whole.get(row.parent_id)
                if cluster is None:
                    continue
                whole[row.id] = cluster
                if row.state == asking.OPEN:
                    found.setdefault(int(cluster), int(row.id))
        return found

    def open_of(self, items: Sequence[int]) -> dict[int, int]:
        """The open question to learn from that each of these items has, where it has one."""
        with self._database.read() as connection:
            return asking.open_of_items(connection, items)

    def open_items(self, purposes: Sequence[Purpose] = ASKED_ONCE) -> list[int]:
        """The items about which a question of one of these purposes is open, ascending."""
        table = schema.questions
        query = sa.select(table.c.item_id).where(
            table.c.state == asking.OPEN, table.c.kind == "item", table.c.purpose.in_(purposes)
        )
        with self._database.read() as connection:
            return sorted({int(item) for item in connection.scalars(query)})

    def ask_newcomers(self, partition: str, questions: Sequence[Question]) -> list[int]:
        """Ask about members that joined their clusters since these were asked about.

        Each cluster's newcomers are asked about as a part of it; its own question stays as it is.
        Returns the ids of the questions.
        """
        with self._database.write() as connection:
            whole = asking.of_clusters(connection, partition)
            known = asking.members_asked(connection, partition)
            ids: list[int] = []
            for question in questions:
                assert question.members is not None
                new = question.members[~np.isin(question.members, known)]
                if len(new) >= FEWEST_NEWCOMERS:
                    reason = f"{len(new)} new items look like a cluster that is there."
                    part = replace(question, reason=reason, priority=float(len(new)), members=new)
                    parent = whole[question.cluster]
                    ids += asking.insert(connection, [part], partition=partition, parent=parent)
            return ids

    def shown_items(self, besides: str) -> IntArray:
        """The items of open cluster questions of all partitions but one, each once, ascending."""
        table = schema.questions
        query = sa.select(table.c.members).where(
            table.c.kind == "cluster",
            table.c.state == asking.OPEN,
            table.c.partition.is_distinct_from(besides),
        )
        with self._database.read() as connection:
            found = [members for members in connection.scalars(query) if members is not None]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def count_open(self, annotator: str | None = None) -> dict[str, int]:
        """Open questions by kind; `annotator` as of `page`."""
        table = schema.questions
        query = (
            sa.select(table.c.kind, sa.func.count().label("n"))
            .where(table.c.state == asking.OPEN)
            .group_by(table.c.kind)
        )
        with self._database.read() as connection:
            query = query.where(opinions.is_for(connection, annotator))
            found = {row.kind: int(row.n) for row in connection.execute(query)}
        return {"item": found.get("item", 0), "cluster": found.get("cluster", 0)}

    def skip(self, annotator: str, question_id: int, client_id: str | None = None) -> int:
        """Send a question to the end of its queue; returns the event's id."""
        with self._events.change("skip", annotator, client_id) as change:
            if not change.repeated:
                row = asking.get(change.connection, question_id)
                table = schema.questions
                lowest = change.connection.scalar(
                    sa.select(sa.func.min(table.c.priority)).where(
                        table.c.state == asking.OPEN, table.c.kind == row.kind
                    )
                )
                last = min(row.priority, row.priority if lowest is None else lowest) - 1
                change.patch(table, [question_id], "priority", row.priority, last)
                change.text = f"skipped {asking.describe(row)}"
            return change.event_id

    def ask_about(
        self,
        annotator: str,
        items: Sequence[int],
        reason: str,
        *,
        together: bool,
        purpose: Purpose = "learn",
        instead_of: Sequence[int] = (),
        client_id: str | None = None,
    ) -> list[QuestionRow]:
        """Ask about items of a person's own choosing before all others; return the questions.

        They stay open whatever rounds and clusters come, until they are answered.

        Parameters
        ----------
        annotator : str
            Who chooses them.
        items : sequence of int
            Each once, in the order in which they are to be shown.
        reason : str
            Why these, in one plain sentence.
        together : bool
            Whether as one cluster, for which it takes two items; else one by one, and an item
            that is asked about already keeps its question.
        purpose : {"learn", "review"}, default "learn"
            What the answers are for.
        instead_of : sequence of int
            Questions about clusters whose items these are: those that are open are closed.
        client_id : str, optional
            Repeating it changes nothing and returns the questions asked the first time.

        Raises
        ------
        InvalidInput
            There are too few items, over 1,000 one by one, or one comes twice; or a question that
            is to be replaced is not about a cluster of these.
        NotFound
            There is no such item or question.
        """
        chosen = _checked(items, together, instead_of)
        with self._events.change("ask", annotator, client_id) as change:
            if not change.repeated:
                _require(change.connection, chosen)
                if together:
                    ids = [
                        followups.gather(
                            change, chosen, reason, purpose=purpose, instead_of=instead_of
                        )
                    ]
                    change.text = f"put {len(chosen)} items together"
                else:
                    ids = followups.ask_singly(change, chosen, reason, purpose=purpose)
                    change.text = f"asked about {len(chosen)} items"
                change.result = {"questions": ids, "instead_of": [int(i) for i in instead_of]}
            return [_row(asking.get(change.connection, i)) for i in change.result["questions"]]

    def ask_items(self, questions: Sequence[Question]) -> list[int]:
        """Ask about items of a person's own choosing; return the questions' ids in order.

        They stay open whatever rounds come, until they are answered. An item that is asked about
        already keeps its question.
        """
        with self._database.write() as connection:
            return asking.insert(connection, questions)

    def ask_clusters(self, partition: str, questions: Sequence[Question]) -> list[int]:
        """Make sure that each cluster of a partition has its question; return their ids in order.

        Open cluster questions of other partitions are closed: their clusters are out of date. Those
        of this one that such a change closed before are open again.
        """
        with self._database.write() as connection:
            asking.close_clusters(connection, but=partition)
            asking.reopen(connection, partition)
            return asking.insert(connection, questions, partition=partition)


def _checked(items: Sequence[int], together: bool, instead_of: Sequence[int]) -> list[int]:
    chosen = [int(item) for item in items]
    least = followups.FEWEST_TOGETHER if together else 1
    if len(chosen) < least:
        raise InvalidInput(f"At least {least} items must come but there are {len(chosen)}.")
    if not together and len(chosen) > MOST_SINGLY:
        raise InvalidInput(
            f"At most {MOST_SINGLY:,} items are asked about one by one but {len(chosen):,} came.",
            "Ask about them together.",
        )
    if instead_of and not together:
        raise InvalidInput("Only items that are asked about together replace clusters.")
    if len(set(chosen)) < len(chosen):
        raise InvalidInput("Each item may come once only.")
    return chosen


def _require(connection: sa.Connection, items: Sequence[int]) -> None:
    """Item ids are 0…n−1."""
    n_items = intake.count(connection)
    strange = next((item for item in items if not 0 <= item < n_items), None)
    if strange is not None:
        raise NotFound(f"There is no item {strange}.")


def _row(row: Any) -> QuestionRow:
    return QuestionRow(
        id=int(row.id),
        kind=row.kind,
        purpose=row.purpose,
        reason=row.reason,
        item=row.item_id,
        members=row.members,
        n_members=row.n_members,
        cluster=row.cluster,
        partition=row.partition,
        round=row.round_id,
        state=row.state,
    )
