"""Many documents at once, each in a process of its own: one that hangs or breaks is cut off alone."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from symbptt.judge.documents import STANDARD_INPUT, Wanted, judged_file
from symbptt.judge.limits import within_memory
from symbptt.judge.verdicts import Judgement

SILENCE = 30.0  # seconds without a word from a process: one relation is never worth as many
Finished = Callable[[Judgement], None]
# A forked process has the judge loaded already; elsewhere forking is not to be trusted.
if sys.platform == "linux":
    CONTEXT = multiprocessing.get_context("fork")
else:
    CONTEXT = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Task:
    """A document being judged; ``until`` is the moment at which its process is cut off."""

    path: str
    process: BaseProcess
    answers: Connection
    until: float


def judged_files(
    paths: Sequence[str], wanted: Wanted, jobs: int, finished: Finished, silence: float = SILENCE
) -> list[Judgement]:
    """The judgements in the order of the paths, up to ``jobs`` at a time; ``finished`` hears of each."""
    found: dict[int, Judgement] = {}
    running: dict[int, Task] = {}
    waiting = list(enumerate(paths))
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                number, path = waiting.pop(0)
                running[number] = _started(path, wanted, silence)
            for number, judgement in _answers(running, silence).items():
                _ended(running.pop(number))
                found[number] = judgement
                finished(judgement)
    finally:
        for task in running.values():
            _ended(task)
    return [found[number] for number in range(len(paths))]


def _started(path: str, wanted: Wanted, silence: float) -> Task:
    answers, sender = CONTEXT.Pipe(duplex=False)
    text = sys.stdin.buffer.read() if path == STANDARD_INPUT else None
    process = CONTEXT.Process(target=_work, args=(path, wanted, sender, text), daemon=True)
    process.start()
    sender.close()
    return Task(path, process, answers, time.monotonic() + silence)


def _work(path: str, wanted: Wanted, sender: Connection, given: bytes | None) -> None:
    """One document, in a process of its own: a word before each relation, and the judgement at the end."""
    with within_memory():
        found = judged_file(path, wanted, lambda done, count: sender.send((done, count)), given)
    sender.send(found)
    sender.close()


def _answers(running: dict[int, Task], silence: float) -> dict[int, Judgement]:
    """The judgements that have come in, or what is said of a process that gave none."""
    found = {}
    ready = wait([task.answers for task in running.values()], timeout=0.2)
    for number, task in running.items():
        if task.answers in ready:
            answer = _received(task)
            task.until = time.monotonic() + silence
            if isinstance(answer, Judgement):
                found[number] = answer
        elif time.monotonic() > task.until:
            found[number] = Judgement(task.path, (), trouble=f"given up after {silence:g} seconds of silence")
    return found


def _received(task: Task) -> object:
    """What a process said last; one that ended without a judgement has broken down."""
    try:
        answer: object = task.answers.recv()
        while not isinstance(answer, Judgement) and task.answers.poll():
            answer = task.answers.recv()
    except EOFError:
        task.process.join()
        code = task.process.exitcode
        return Judgement(task.path, (), trouble=f"the judge broke down over it (exit code {code})")
    return answer


def _ended(task: Task) -> None:
    if task.process.is_alive():
        task.process.kill()
    task.process.join()
    task.answers.close()
