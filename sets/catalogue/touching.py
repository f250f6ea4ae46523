"""Whom a training concerns. The catalogue knows no people: a capability above it says how many there are."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app

Counter = Callable[[int], int]


def tell_people(app: Flask, counter: Counter) -> None:
    """Have `counter(training_id)` say how many people have a place in a training, or wait for one."""
    app.extensions["people_of_trainings"] = counter


def people_of(training_id: int) -> int:
    """Return how many people have a place in a training, or wait for one."""
    counter = current_app.extensions.get("people_of_trainings")
    return counter(training_id) if counter else 0
