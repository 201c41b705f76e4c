"""The tables. Nothing here that PostgreSQL could not do; migrations/ brings old files up to it.

Times are seconds since 1970, UTC. Lists of item ids are packed as little-endian int32 (`Ids`), so
that one answer about 100,000 items is one row. Rows are never deleted: what is taken back is
marked (`withdrawn`, `deleted`, `state`), by an event that can itself be undone.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from fewclicks.records import IntArray

_SHIFT = 0x10FC80 - 0xDC80


class FileName(TypeDecorator[str]):
    """Text that may hold undecodable file name bytes (lone surrogates U+DC80…U+DCFF).

    They are kept as private-use characters U+10FC80…U+10FCFF, which every database accepts.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Shift lone surrogates into the private-use plane."""
        if value is None or value.isascii():
            return value
        return re.sub("[\udc80-\udcff]", lambda m: chr(ord(m[0]) + _SHIFT), value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Shift them back."""
        if value is None or value.isascii():
            return value
        return re.sub("[\U0010fc80-\U0010fcff]", lambda m: chr(ord(m[0]) - _SHIFT), value)


class Ids(TypeDecorator[Any]):
    """An array of item ids as packed little-endian int32."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: IntArray | None, dialect: Dialect) -> bytes | None:
        """Pack."""
        return None if value is None else np.asarray(value, dtype="<i4").tobytes()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> IntArray | None:
        """Unpack."""
        return None if value is None else np.frombuffer(value, dtype="<i4")


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

project = Table(
    "project",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("options", JSON, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uri", FileName, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("options", JSON, nullable=False),
    Column("added_at", Float, nullable=False),
    Column("read_at", Float),
)

groups = Table(
    "groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", FileName, nullable=False, unique=True),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source_id", ForeignKey(sources.c.id), nullable=False),
    Column("key", FileName, nullable=False),
    Column("content_hash", LargeBinary(16), nullable=False, index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("grey", Boolean, nullable=False),
    Column("group_id", ForeignKey(groups.c.id), index=True),
    Column("split", FileName),
    # what the source says the item is: read by simulated annotators and benchmarks only
    Column("truth", FileName),
    Column("duplicate_of", ForeignKey("items.id")),
    UniqueConstraint("source_id", "key"),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey(sources.c.id), nullable=False),
    Column("key", FileName, nullable=False),
    Column("reason", FileName, nullable=False),
    Column("remedy", FileName, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("source_id", "key"),
)

classes = Table(
    "classes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("color", String(7), nullable=False),
    Column("key", String(1)),
    Column("merged_into", ForeignKey("classes.id")),
    Column("parent_id", ForeignKey("classes.id")),
    Column("description", Text, nullable=False, server_default=""),
    # ids of items in a person's order, with commas between them
    Column("examples", Text, nullable=False, server_default=""),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("created_at", Float, nullable=False),
)

annotators = Table(
    "annotators",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workflow", String(64), nullable=False),
    Column("n_answers", Integer, nullable=False),
    Column("last_event", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("figures", JSON, nullable=False),
    Column("finished_at", Float, nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("purpose", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("priority", Float, nullable=False),
    Column("item_id", ForeignKey(items.c.id)),
    Column("members", Ids),
    Column("n_members", Integer, nullable=False),
    Column("partition", String(32)),
    Column("cluster", Integer),
    Column("parent_id", ForeignKey("questions.id")),
    Column("round_id", ForeignKey(rounds.c.id)),
    Column("certificate_id", ForeignKey("certificates.id"), index=True),
    Column("state", String(8), nullable=False),
    Column("created_at", Float, nullable=False),
    # with the purpose and the item, which say whom a question is for: it is counted from here alone
    Index("ix_questions_queue", "state", "kind", "priority", "id", "purpose", "item_id"),
    Index("ix_questions_partition", "partition", "cluster"),
    # with the state, or SQLite walks through all open questions to find those of a few items
    Index("ix_questions_item_id_state", "item_id", "state"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(64), unique=True),
    Column("annotator_id", ForeignKey(annotators.c.id), nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("undone_by", ForeignKey("events.id")),
    Column("undoes", ForeignKey("events.id")),
)

certificates = Table(
    "certificates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", ForeignKey(events.c.id), nullable=False),
    # names the file that holds the labels of which it tells
    Column("labels", String(32), nullable=False),
    Column("error", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("draw", String(16), nullable=False, server_default="evenly"),
    Column("seed", Integer, nullable=False),
    Column("n_items", Integer, nullable=False),
    Column("n_tested", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("created_at", Float, nullable=False),
)

audit_pages = Table(
    "audit_pages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("certificate_id", ForeignKey(certificates.c.id), nullable=False),
    Column("event_id", ForeignKey(events.c.id), nullable=False),
    Column("class_id", ForeignKey(classes.c.id), nullable=False),
    # all that were shown as this class; of these the ones known to be none, and not noticed
    Column("items", Ids, nullable=False),
    Column("planted", Ids, nullable=False),
    Column("missed", Ids, nullable=False),
    Column("withdrawn", Boolean, nullable=False, default=False),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", ForeignKey(events.c.id), nullable=False),
    Column("question_id", ForeignKey(questions.c.id), index=True),
    Column("item_id", ForeignKey(items.c.id)),
    Column("members", Ids),
    Column("misfits", Ids),
    Column("verdict", String(8), nullable=False),
    Column("class_id", ForeignKey(classes.c.id), index=True),
    Column("purpose", String(8), nullable=False),
    Column("annotator_id", ForeignKey(annotators.c.id), nullable=False),
    Column("round_id", ForeignKey(rounds.c.id)),
    Column("seconds", Float, nullable=False),
    Column("actions", Integer, nullable=False),
    Column("answered_at", Float, nullable=False),
    Column("withdrawn", Boolean, nullable=False, default=False),
    # with the person, or SQLite walks through all that one has said to find what was on an item
    Index("ix_answers_item_id_annotator_id", "item_id", "annotator_id"),
    Index("ix_answers_annotator_id", "annotator_id"),
)
# of the withdrawn ones alone: they are few, and a query for those that stand must not use it
Index(
    "ix_answers_withdrawn",
    answers.c.id,
    sqlite_where=answers.c.withdrawn.is_(True),
    postgresql_where=answers.c.withdrawn.is_(True),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(64), unique=True),
    Column("kind", String(16), nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("step", Text, nullable=False, default=""),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("worker", String(64)),
    Column("heartbeat", Float),
    Column("error", JSON),
    Column("result", JSON),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
)


def has_changes() -> sa.ColumnElement[bool]:
    """Whether an event changed anything, without reading what."""
    return sa.cast(events.c.changes, Text) != "[]"


def new_id(result: sa.CursorResult[Any]) -> int:
    """The id that the database gave to the row just inserted."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
