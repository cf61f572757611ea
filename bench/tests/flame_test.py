#!/usr/bin/env python3
"""What flame.py makes of perf's stacks; no perf needed."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import flame  # noqa: E402  (the folder is known only now)
from rig.machine import Missing  # noqa: E402

LOOP = ("peko-loop", "start_thread", "Loop::run")
POLL = (*LOOP, "Call::turn", "peko_invocation_poll")


class Folded(unittest.TestCase):
    def test_are_read_with_frames_that_have_spaces(self):
        stacks = flame.read_folded("t;a b;<X as Y>::z 3\nt;a b;<X as Y>::z 2\nt 1\n")
        self.assertEqual(stacks, {("t", "a b", "<X as Y>::z"): 5, ("t",): 1})


class Join(unittest.TestCase):
    def test_puts_what_compiled_code_called_on_what_runs_guests(self):
        unwound = {LOOP: 7, (*POLL, "fiber"): 5, ("peko-loop", "component-trampolines[4]", "HostFn::entrypoint"): 3}
        self.assertEqual(flame.join(unwound, {}), {
            LOOP: 7, (*POLL, "fiber"): 5, (*POLL, flame.GUEST, "component-trampolines[4]", "HostFn::entrypoint"): 3})

    def test_puts_what_begins_on_a_stack_of_guests_there_too(self):
        bottom = "wasmtime_internal_fiber::stackswitch::x86_64::wasmtime_fiber_start"
        joined = flame.join({(*POLL, "fiber"): 5, ("peko-loop", bottom, "call_handle"): 2}, {})
        self.assertEqual(joined, {(*POLL, "fiber"): 5, (*POLL, flame.GUEST, bottom, "call_handle"): 2})

    def test_takes_compiled_code_from_the_walk_along_frame_pointers(self):
        unwound = {POLL: 5, ("peko-loop", "wasm[0]::function[2]"): 4}
        walked = {("peko-loop", "nonsense", "wasm[0]::function[1]::handle", "wasm[0]::function[2]"): 4,
                  ("peko-loop", "nonsense", "Loop::run"): 9}
        self.assertEqual(flame.join(unwound, walked), {
            POLL: 5, (*POLL, flame.GUEST, "wasm[0]::function[1]::handle", "wasm[0]::function[2]"): 4})

    def test_puts_it_where_guests_run_most(self):
        other = ("peko-overflow", "slice", "peko_invocation_poll")
        joined = flame.join({POLL: 5, other: 2, ("peko-loop", "component-x", "host"): 1}, {})
        self.assertIn((*POLL, flame.GUEST, "component-x", "host"), joined)

    def test_refuses_samples_without_names(self):
        with self.assertRaisesRegex(Missing, "stripped"):
            flame.join({("peko-loop", "[peko]"): 5}, {})


if __name__ == "__main__":
    unittest.main()
