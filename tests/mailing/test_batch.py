"""What the mails of one batch have in common is read once, and never remembered beyond the batch."""

from __future__ import annotations

from sets.mailing.batch import composing, once


def test_within_a_batch_a_thing_is_read_once_and_outside_each_time():
    reads = []

    def read():
        reads.append(1)
        return len(reads)

    assert (once("a", read), once("a", read)) == (1, 2)
    with composing():
        assert (once("a", read), once("a", read), once("b", read)) == (3, 3, 4)
    with composing():
        assert once("a", read) == 5
    assert once("a", read) == 6
