"""Faults in the engine, the compiler and the checks: a line of the source, what stands for it, who must notice.

A table and nothing else; `python -m tests.mutants` puts the faults in, one at a time. Tests are named as pytest takes
them.
"""

from __future__ import annotations

from typing import NamedTuple


class LineMutant(NamedTuple):
    """A fault: what it is, the file, the text that stands there once, what is put in its place, the tests that look."""

    name: str
    file: str
    right: str
    wrong: str
    tests: str


_HARD = "tests/test_hard_cases.py"
_LIVES = "tests/test_threads_and_memory.py"
_HELD = "tests/test_promises_held.py"
_WATCHED = "tests/test_promises_watched.py"
_LAYOUTS = "tests/test_compile_layouts.py -n 2"
_COMPILE = " ".join(
    f"tests/test_compile_{subject}.py" for subject in ("bits", "memory", "source", "watched", "refused", "signatures")
)
_ORDER = "tests/test_compile_order.py"
_VIEWS = "tests/test_compile_views.py"
_PASSES = "tests/test_compile_passes.py"
_CHECK = "tests/test_check.py"
_EDGES = "tests/test_compile_edges.py"

LINES = (
    # The engine: accumulation, aliasing, broadcasting, order.
    LineMutant("= for += where gradients meet", "autograd_lite/engine/reverse.py",
               "                    grads[x] = _sum(grads[x], gradient)\n                    continue",
               "                    grads[x] = gradient\n                    continue", _HARD),
    LineMutant("= for += in a leaf that has a gradient", "autograd_lite/engine/reverse.py",
               "                    g = _sum(earlier, g)", "                    g = g", _HARD),
    LineMutant("two gradients share a buffer", "autograd_lite/engine/reverse.py",
               "                    if memory in claimed or (base is not None and 0 in g.strides):",
               "                    if base is not None and 0 in g.strides:", _HARD),
    LineMutant("a gradient shares memory with its seed", "autograd_lite/engine/reverse.py",
               "    claimed = {memory_of(seed)}", "    claimed: set[int] = set()",
               "tests/test_engine_edges.py " + _HARD),
    LineMutant("a missing unbroadcast", "autograd_lite/engine/reverse.py",
               "return tuple(i for i, n in enumerate(shape) if i < extra or target[i - extra] != n)",
               "return tuple(i for i, n in enumerate(shape) if i < extra)", _HARD),
    LineMutant("unbroadcast over the wrong axis", "autograd_lite/engine/reverse.py",
               "gradient = numpy.add.reduce(gradient, axis=how) if xp is NUMPY",
               "gradient = numpy.add.reduce(gradient, axis=tuple(i - 1 for i in how)) if xp is NUMPY", _HARD),
    LineMutant("a gradient in another dtype than its tensor", "autograd_lite/engine/reverse.py",
               "                gradient = gradient.reshape(shape)\n    return gradient if gradient.dtype == x.dtype else gradient.astype(x.dtype)",
               "                gradient = gradient.reshape(shape)\n    return gradient", _HARD),
    LineMutant("nodes in the wrong order", "autograd_lite/engine/reverse.py",
               "                    heappush(heap, (-producer.number, x))",
               "                    heappush(heap, (producer.number, x))", _HARD),
    LineMutant("a change behind a recorded graph is not noticed", "autograd_lite/engine/reverse.py",
               "                if x._changed > number:", "                if x._changed > number + 10**9:", _HARD),
    LineMutant("a graph is released although the pass failed", "autograd_lite/engine/reverse.py",
               "            done.append(node)", "            node.inputs = None", "tests/test_engine_edges.py " + _HARD),
    LineMutant("gradients are written before all have succeeded", "autograd_lite/engine/reverse.py",
               "            for x, earlier, _ in written:\n                x._grad = earlier",
               "            for x, earlier, _ in written:\n                earlier", "tests/test_broken_off_steps.py"),
    LineMutant("a user's rule lends its operand's memory", "autograd_lite/engine/reverse.py",
               "    return apart(gradient) if memory_of(gradient) in lent else gradient", "    return gradient",
               "tests/test_strangers_operation.py tests/test_engine_edges.py"),
    LineMutant("a gradient is copied in another order of memory", "autograd_lite/engine/reverse.py",
               'gradient.copy() if 0 in gradient.strides else gradient.copy("K")', "gradient.copy()", _LAYOUTS),
    LineMutant("assignment keeps the array of somebody else", "autograd_lite/engine/tensor.py",
               '            array = array.copy("K")  # in its own order', "            array = array  # in its own order",
               "tests/test_engine_edges.py tests/test_kinds_of_data.py " + _HELD),
    LineMutant("an assignment that nobody is told of", "autograd_lite/engine/tensor.py",
               "        self._data = array\n        self._changed = history.last = tick()\n        return self",
               "        self._data = array\n        return self", _HARD),
    LineMutant("a view of a tensor can be written to", "autograd_lite/engine/tensor.py",
               "            out.flags.writeable = False", "            out.flags.writeable = True",
               "tests/test_engine_edges.py " + _HARD),
    LineMutant("a complex number between two reals goes unnoticed", "autograd_lite/engine/tensor.py",
               '    if out.dtype.kind != "c":\n        return False', "    if True:\n        return False",
               "tests/test_engine_edges.py"),
    LineMutant("grad mode is not restored", "autograd_lite/engine/graph.py",
               "        now.grad, now.outside = now.outside", "        _, now.outside = now.outside", _HARD),
    LineMutant("a leaf stands after its results", "autograd_lite/engine/graph.py",
               "    ordered = [recorded[number] for number in sorted(recorded)]",
               "    ordered = [recorded[number] for number in sorted(recorded, reverse=True)]", "tests/test_draw.py"),
    LineMutant("a parameter is kept as it was given", "autograd_lite/op.py",
               'return value.item() if not value.shape and value.dtype.kind in "iub" else value.copy()',
               "return value", "tests/test_engine_edges.py"),
    LineMutant("a broadcasting message names the wrong axis", "autograd_lite/diagnosis.py",
               "fillvalue=1), start=1):", "fillvalue=1), start=2):", "tests/test_bad_input.py tests/test_operations.py -k refused"),
    # The compiler: programs, passes, memory.
    LineMutant("a random draw is dropped", "autograd_lite/program/passes.py",
               "        if call.out in needed or not call.pure:", "        if call.out in needed:",
               "tests/test_strangers_operation.py tests/test_training_worlds.py " + _COMPILE),
    LineMutant("two different computations are made one", "autograd_lite/program/passes.py",
               "repr(sorted(call.params.items(), key=str))", "None", _PASSES),
    LineMutant("the two operands of a matrix product are made one", "autograd_lite/program/passes.py",
               "        apart.update(made_one)", "        break", _COMPILE),
    LineMutant("a chain of transposes is composed the wrong way", "autograd_lite/program/passes.py",
               "order = tuple(inner[axis] for axis in order)", "order = tuple(order[axis] for axis in inner)", _PASSES),
    LineMutant("0 and -0 are made one", "autograd_lite/program/passes.py",
               "alike = value.sample.tobytes() == first.tobytes() * value.sample.size  # 0 and -0 are not",
               "alike = bool((value.sample == first).all())", _PASSES),
    LineMutant("factors are merged that are not exact", "autograd_lite/program/passes.py",
               "if _power_of_two(second) and 1 < abs(second)", "if 1 < abs(second)", _PASSES),
    LineMutant("an array that a user may write into is folded", "autograd_lite/program/passes.py",
               'fixed = all(v.kind == "constant" and not v.held for v in arrays)',
               'fixed = all(v.kind == "constant" for v in arrays)', _WATCHED + " " + _COMPILE),
    LineMutant("a state is written before all have read it", "autograd_lite/compile/memory.py",
               "and self.memory.root(old) is old and self.last_use.get(old) == i", "and self.memory.root(old) is old",
               _ORDER),
    LineMutant("a result is written in another order of memory", "autograd_lite/compile/memory.py",
               "arg.dtype == out.dtype and _order(arg.sample) == _order(out.sample):", "arg.dtype == out.dtype:",
               _LAYOUTS),
    LineMutant("a flat update writes over what is read later", "autograd_lite/compile/memory.py",
               "self.last_use.get(old, i) <= i and all(", "all(", _ORDER + " " + _COMPILE),
    LineMutant("memory is lent while it is read", "autograd_lite/compile/memory.py",
               "            if self.last_use.get(value) == i and value in self.area_of and value not in self.pinned:",
               "            if value in self.area_of and value not in self.pinned:", _COMPILE),
    LineMutant("what is returned is written over", "autograd_lite/compile/memory.py",
               "        self.pinned = {memory.root(value) for value in program.wanted()}", "        self.pinned = set()",
               _COMPILE + " " + _ORDER),
    LineMutant("backward strides are taken for the shortest", "autograd_lite/compile/memory.py",
               "key=lambda i: -abs(sample.strides[i]) if", "key=lambda i: -sample.strides[i] if", "tests/test_compile_memory.py"),
    LineMutant("a stale view: an index that copies counts as a view", "autograd_lite/program/program.py",
               "        if self.row.view:\n            return 0", '        if self.row.view or self.function == "getitem":\n            return 0',
               _VIEWS + " " + _COMPILE),
    LineMutant("powers of single numbers are rounded otherwise", "autograd_lite/compile/emit.py",
               "        if call.row.exact and not call.out.shape and", "        if not call.out.shape and",
               _EDGES + " -k power"),
    LineMutant("updates are joined that differ", "autograd_lite/compile/flat.py",
               "call is None or call.ufunc is None or call.params or call.function != first.function",
               "call is None or call.ufunc is None or call.params", _ORDER),
    LineMutant("parameters of another order are laid flat", "autograd_lite/compile/flat.py",
               "if value.shape != shape or not value.sample.flags.c_contiguous:", "if value.shape != shape:",
               _COMPILE + " " + _LAYOUTS),
    # The compiler: what is watched, held and audited.
    LineMutant("0.0 counts as -0.0", "autograd_lite/compile/guards.py",
               "        return numpy.asarray(scalar).tobytes()", "        return scalar", _WATCHED),
    LineMutant("1 counts as True", "autograd_lite/compile/guards.py",
               "    if type(now) is not type(then):\n        return False", "", _WATCHED),
    LineMutant("a longer list counts as the same", "autograd_lite/compile/guards.py",
               "        return len(now) == len(then) and all(map(alike, now, then))\n    return bool(now == then)",
               "        return all(map(alike, now, then))\n    return bool(now == then)", _WATCHED),
    LineMutant("conditions of live numbers are not asked", "autograd_lite/compile/compiled.py",
               "            and all(read() == answer for read, answer in entry.conditions)", "",
               "tests/test_promises_numbers.py tests/test_training_worlds.py " + _COMPILE),
    LineMutant("the order of memory of a state is not watched", "autograd_lite/compile/compiled.py",
               "(array.shape, array.dtype, layout(array)) == form", "(array.shape, array.dtype, form[2]) == form", _LAYOUTS + " " + _COMPILE),
    LineMutant("a state that is turned round is replayed", "autograd_lite/compile/compiled.py",
               "            if turned := entry.turned():", "            if turned := entry.turned()[:0]:",
               _LAYOUTS + " " + _VIEWS),
    LineMutant("a gradient that is there counts as none", "autograd_lite/compile/compiled.py",
               "                (t := tensor()) is not None and (gradient_of(t) is not None) is present",
               "                (t := tensor()) is not None", _COMPILE),
    LineMutant("one argument given twice counts as two", "autograd_lite/compile/compiled.py",
               "first = next(j for j, each in enumerate(args) if each is arg)", "first = i",
               "tests/test_compile_calls.py tests/test_promises_first_call.py"),
    LineMutant("memory that somebody holds is written over", "autograd_lite/compile/held.py",
               "        if now != expected:", "        if now > expected and now < expected:", _HELD),
    LineMutant("the audit compares nothing", "autograd_lite/compile/verify.py",
               "            if not _same_bits(mine, other):\n                return what", "            pass",
               "tests/test_promises_audit.py"),
    LineMutant("the audit does not look at the order of memory", "autograd_lite/compile/verify.py",
               "None if array is None else layout(array)", "None", "tests/test_promises_audit.py"),
    LineMutant("nothing is put back after an audit", "autograd_lite/compile/verify.py",
               "            if value_of(tensor) is not data or gradient_of(tensor) is not grad:",
               "            if value_of(tensor) is None:", "tests/test_promises_audit.py " + _COMPILE),
    LineMutant("random streams are not put back", "autograd_lite/compile/verify.py",
               "        for stream, state in self.streams:\n            put_stream(stream, state)", "        pass",
               "tests/test_promises_audit.py tests/test_training_worlds.py"),
    LineMutant("a recording leaves its mark in a tensor", "autograd_lite/program/record.py",
               "            put_value(tensor, data, changed)\n        for stream", "            pass\n        for stream",
               "tests/test_promises_first_call.py " + _COMPILE),
    LineMutant("a live number that is set by the function", "autograd_lite/watch.py",
               "            if now is not twin:", "            if now != twin:", "tests/test_promises_numbers.py"),
    # Training.
    LineMutant("momentum with the wrong sign", "nn/optim/sgd.py",
               "velocity.assign(momentum * velocity + gradient)", "velocity.assign(gradient - momentum * velocity)",
               "tests/test_nn_optimizers.py"),
    LineMutant("Nesterov's step without its look ahead", "nn/optim/sgd.py",
               "(gradient + momentum * velocity if self.nesterov else velocity)", "velocity",
               "tests/test_nn_optimizer_steps.py"),
    LineMutant("Adam without the correction of its second moment", "nn/optim/adam.py",
               "ag.sqrt(1 - ag.power(beta2, count)),", "ag.sqrt(1 - 0 * ag.power(beta2, count)),", "tests/test_nn_optimizers.py"),
    LineMutant("a cost divided by outputs instead of examples", "nn/costs/distances.py",
               "cost = ag.sum(ag.square(output - target)) / (2 * examples)",
               "cost = ag.sum(ag.square(output - target)) / (2 * output.size)", "tests/test_costs.py tests/test_closed_form.py"),
    LineMutant("a cross-entropy of the wrong target", "nn/costs/likelihoods.py",
               "        each = ag.softplus(logits) - target * logits\n        if reduction != \"mean\":\n            each = ag.sum(each, axis=-1)\n        return reduced(\"cross_entropy_cost\"",
               "        each = ag.softplus(logits) - (1 - target) * logits\n        if reduction != \"mean\":\n            each = ag.sum(each, axis=-1)\n        return reduced(\"cross_entropy_cost\"", "tests/test_costs.py"),
    LineMutant("a missing transpose in BP2", "nn/chapter/closed_form.py",
               "(weight.T @ delta if x.ndim == 1 else delta @ weight)", "(weight.T @ delta if x.ndim == 1 else delta @ weight.T.reshape(weight.shape))",
               "tests/test_closed_form.py"),
    LineMutant("BP4 with its factors exchanged", "nn/chapter/closed_form.py",
               "weights.append(delta.T @ before)", "weights.append((before.T @ delta).reshape(delta.shape[1], -1))", "tests/test_closed_form.py"),
)  # fmt: skip
"""One row a fault."""
