"""Alembic's entry: run the migrations on the connection the store hands over."""

from alembic import context

from fewclicks.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
