"""The flows: each reads as the recipe, the work is in `tasks`."""

from tasks.settings import prepare_prefect

prepare_prefect()
