"""Runs the migrations over the connection that migrate.py hands in; there is no other way to start them."""

from alembic import context

from usnd.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
