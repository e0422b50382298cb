"""Processor time includes that of children, even of ended ones."""

import os
import subprocess
import sys
import time

from scripts.benching.memory import tree_of
from scripts.benching.processor import _of_process

BUSY = "import time\nwhile time.process_time() < 0.3: pass"


def test_a_process_counts_with_its_children():
    before, own = _of_process(os.getpid()), time.process_time()
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert _of_process(os.getpid()) - before >= 0.28 + time.process_time() - own


def test_a_tree_holds_its_root_and_who_is_below():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert {os.getpid(), child.pid} <= set(tree_of(os.getpid()))
        assert [child.pid] == tree_of(child.pid)
        child.stdin.close()


def test_a_process_that_has_ended_counts_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert _of_process(child.pid) == 0
