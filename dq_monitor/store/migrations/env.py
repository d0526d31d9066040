"""Runs migrations inside the transaction that the caller began, so that they happen whole."""

from alembic import context

# Alembic runs this file as a script. SQLite can roll back DDL, which Alembic does not assume.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
