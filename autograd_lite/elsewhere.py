"""What other libraries call things, and what is written here instead; which of our names is close to a misspelt one.

Names are NumPy's here; where NumPy has none, PyTorch's. What people bring along from PyTorch, TensorFlow, JAX and
Keras stands in one table with a line that works. Knows names as strings. Must not know what they stand for.
"""

from __future__ import annotations

from collections.abc import Collection

INSTEAD: dict[str, str] = {
    # The shape of a tensor.
    "view": "x.reshape(3, 2)",
    "view_as": "x.reshape(y.shape)",
    "reshape_as": "x.reshape(y.shape)",
    "permute": "x.transpose(1, 0)",
    "t": "x.T",
    "adjoint": "x.T",
    "unsqueeze": "ag.expand_dims(x, axis=0)",
    "expand": "ag.broadcast_to(x, (4, 2, 3))",
    "expand_as": "ag.broadcast_to(x, y.shape)",
    "numel": "x.size",
    "nelement": "x.size",
    "element_size": "x.dtype.itemsize",
    "dim": "x.ndim",
    "rank": "x.ndim",
    "get_shape": "x.shape",
    "contiguous": "x  # whatever its layout: nothing has to be done",
    # Joining, cutting, picking.
    "cat": "ag.concatenate([x, y], axis=0)",
    "chunk": "ag.split(x, 2, axis=0)",
    "unbind": "tuple(x)",
    "narrow": "x[:, 1:3]",
    "index_select": "x[:, index]",
    "gather": "x[rows, index]",
    "gather_nd": "x[rows, index]",
    "masked_fill": "ag.where(mask, 0.0, x)",
    "masked_select": "x[mask]",
    "boolean_mask": "x[mask]",
    "tensor_scatter_nd_update": "ag.put(x, (rows, index), 0.0)",
    "put": "ag.put(x, (rows, index), 0.0)",
    "index_put": "ag.put(x, (rows, index), 0.0)",
    "cond": "ag.where(x > 0, x, y)  # or Python's own if: a graph is recorded as the code runs",
    "scan": "for row in x: state = ag.tanh(row)  # Python's own loops: a graph is recorded as the code runs",
    "fori_loop": "for row in x: state = ag.tanh(row)  # Python's own loops: a graph is recorded as the code runs",
    "while_loop": "for row in x: state = ag.tanh(row)  # Python's own loops: a graph is recorded as the code runs",
    # Arithmetic.
    "mm": "x @ y.T",
    "bmm": "x @ y.T  # leading axes are a batch",
    "mv": "x @ row",
    "addmm": "z + x @ y.T",
    "sub": "x - y",
    "mul": "x * y",
    "div": "x / y",
    "neg": "-x",
    "eq": "x == y",
    "ne": "x != y",
    "lt": "x < y",
    "le": "x <= y",
    "gt": "x > y",
    "ge": "x >= y",
    "addcmul": "z + x @ y.T",
    "lerp": "x + 0.5 * (y - x)",
    "rsqrt": "1 / ag.sqrt(x)",
    "clamp": "ag.clip(x, 0.0, 1.0)",
    "clip_by_value": "ag.clip(x, 0.0, 1.0)",
    "expit": "ag.sigmoid(x)",
    "logsigmoid": "ag.log_sigmoid(x)",
    "reduce_sum": "ag.sum(x, axis=0)",
    "reduce_mean": "ag.mean(x, axis=0)",
    "reduce_max": "ag.max(x, axis=0)",
    "reduce_min": "ag.min(x, axis=0)",
    "reduce_logsumexp": "ag.logsumexp(x, axis=0)",
    "l2_normalize": "x / ag.sqrt(ag.sum(x * x, axis=-1, keepdims=True))",
    "normalize": "x / ag.sqrt(ag.sum(x * x, axis=-1, keepdims=True))",
    # Making tensors.
    "Variable": "ag.tensor(a, requires_grad=True)",
    "variable": "ag.tensor(a, requires_grad=True)",
    "constant": "ag.tensor(a)",
    "from_numpy": "ag.asarray(a)  # it shares the memory of a; ag.tensor(a) copies",
    "as_tensor": "ag.asarray(a)",
    "convert_to_tensor": "ag.asarray(a)",
    "FloatTensor": "ag.tensor(a, dtype=np.float32)",
    "LongTensor": "ag.tensor(a, dtype=np.int64)",
    "randn": "ag.random.normal(size=(2, 3), rng=np.random.default_rng(0))",
    "rand": "ag.random.uniform(size=(2, 3), rng=np.random.default_rng(0))",
    "randint": "ag.random.integers(0, 10, size=(2, 3), rng=np.random.default_rng(0))",
    "randperm": "ag.random.permutation(10, rng=np.random.default_rng(0))",
    "manual_seed": "rng = np.random.default_rng(0)  # and hand rng on: there is no hidden generator",
    "PRNGKey": "rng = np.random.default_rng(0)",
    "default_rng": "rng = np.random.default_rng(0)",
    # What a tensor is made of, and where it lives.
    "float": "x.astype(np.float32)",
    "double": "x.astype(np.float64)",
    "half": "x.astype(np.float16)",
    "int": "x.astype(np.int32)",
    "long": "x.astype(np.int64)",
    "cast": "x.astype(np.float32)",
    "type_as": "x.astype(y.dtype)",
    "float32": "np.float32",
    "float64": "np.float64",
    "int64": "np.int64",
    "cpu": "ag.tensor(x.numpy())",
    "cuda": "ag.tensor(cupy.asarray(x.numpy()))",
    "is_tensor": "isinstance(x, ag.Tensor)",
    # Gradients.
    "requires_grad_": "w.requires_grad = True",
    "retain_grad": "x.grad  # results keep the gradient of the last backward()",
    "zero_grad": "w.grad = None",
    "grad_fn": "x.node",
    "is_leaf": "x.node is None",
    "register_hook": "ag.grad(loss, [w])  # gradients as values, to do with what you like",
    "copy_": "w.assign(y)",
    "fill_": "w.assign(ag.ones_like(w))",
    "fill": "w.assign(ag.full_like(w, 1.0))  # or y = ag.full_like(x, 1.0)",
    "flat": "x.ravel()  # and x.reshape(-1)[3] for one element",
    "byteswap": "x.numpy().byteswap()  # a tensor has the byte order of the machine",
    "tobytes": "x.numpy().tobytes()",
    "tofile": "np.save(path, x.numpy())",
    "dump": "np.save(path, x.numpy())",
    "dumps": "x.numpy().dumps()",
    "getfield": "x.numpy()",
    "setfield": "x.assign(y)",
    "setflags": "x.numpy()  # an array of your own; a result's memory is never written into",
    "flags": "x.numpy().flags",
    "strides": "x.numpy().strides  # a tensor's layout is of no consequence",
    "base": "x.numpy()  # no two tensors are told to share memory",
    "ctypes": "x.numpy().ctypes",
    "to_device": "ag.asarray(cupy.asarray(x.numpy()))",
    "real": "x.numpy().real  # a tensor that is differentiated is real already",
    "imag": "x.numpy().imag  # a tensor that is differentiated is real already",
    "zero_": "w.assign(ag.zeros_like(w))",
    "GradientTape": "ag.grad(loss, [w])  # every operation is recorded anyway",
    "autograd": "ag.grad(loss, [w])",
    "gradients": "ag.grad(loss, [w])",
    "set_grad_enabled": "with ag.no_grad(): x * 2",
    "inference_mode": "with ag.no_grad(): x * 2",
    "vmap": "x @ y.T  # operations work on whole batches: examples are rows",
    "jit": "step = ag.compile(lambda x: x * 2)",
    "function": "step = ag.compile(lambda x: x * 2)",
    "tree_map": "[2 * g for g in ag.grad(loss, [w])]",
    # Networks.
    "nn": "import nn",
    "optim": "nn.SGD(model.parameters(), lr=0.1)",
    "RMSProp": "nn.RMSprop(model.parameters(), lr=0.001)",
    "Adadelta": "nn.Adagrad(model.parameters(), lr=0.01)",
    "clip_grad_norm_": "nn.clip_grad_norm(model.parameters(), 1.0)",
    "clip_by_global_norm": "nn.clip_grad_norm(model.parameters(), 1.0)",
    "clip_grad_value_": "nn.clip_grad_value(model.parameters(), 1.0)",
    "StepLR": "nn.StepSchedule(optimizer, 10, factor=0.1)",
    "ExponentialLR": "nn.ExponentialSchedule(optimizer, 0.9)",
    "CosineAnnealingLR": "nn.CosineSchedule(optimizer, 30)",
    "OneCycleLR": "nn.OneCycleSchedule(optimizer, 300)",
    "ReduceLROnPlateau": "nn.PlateauSchedule(optimizer, patience=10)",
    "LinearLR": "nn.WarmUpSchedule(optimizer, 5)",
    "ExponentialDecay": "nn.ExponentialSchedule(optimizer, 0.9)",
    "functional": "ag.relu(x)  # activations are functions of ag",
    "Dense": "nn.Linear(3, 2)",
    "LazyLinear": "nn.Linear(3, 2)",
    "ModuleList": "nn.ModuleList([nn.Linear(3, 2), nn.Linear(2, 1)])",
    "ModuleDict": "nn.ModuleDict({'first': nn.Linear(3, 2)})",
    "Layer": "class Net(nn.Module): pass",
    "Model": "class Net(nn.Module): pass",
    "Flatten": "nn.Flatten()",
    "Softmax": "nn.Softmax()",
    "LogSoftmax": "nn.LogSoftmax()",
    "Softplus": "nn.Softplus()",
    "LogSigmoid": "nn.LogSigmoid()",
    "LayerNorm": "nn.LayerNorm(3)",
    "Embedding": "nn.Embedding(10, 3)",
    "CrossEntropyLoss": "nn.softmax_cross_entropy(logits, labels)",
    "cross_entropy": "nn.softmax_cross_entropy(logits, labels)",
    "NLLLoss": "nn.negative_log_likelihood(ag.log_softmax(logits), labels)",
    "SparseCategoricalCrossentropy": "nn.softmax_cross_entropy(logits, labels)",
    "BCEWithLogitsLoss": "nn.binary_cross_entropy(logits, target)",
    "BCELoss": "nn.binary_cross_entropy(logits, target)  # of the numbers before the last sigmoid",
    "binary_cross_entropy_with_logits": "nn.binary_cross_entropy(logits, target)",
    "CategoricalCrossentropy": "nn.softmax_cross_entropy(logits, labels)",
    "nll_loss": "nn.negative_log_likelihood(ag.log_softmax(logits), labels)",
    "L1Loss": "nn.mean_absolute_error(logits, target)",
    "l1_loss": "nn.mean_absolute_error(logits, target)",
    "SmoothL1Loss": "nn.huber_cost(logits, target)",
    "HuberLoss": "nn.huber_cost(logits, target)",
    "KLDivLoss": "nn.kullback_leibler_cost(logits, target)",
    "CosineEmbeddingLoss": "nn.cosine_cost(logits, target)",
    "HingeEmbeddingLoss": "nn.hinge_cost(logits, 2 * target - 1)",
    "MSELoss": "nn.mean_squared_error(logits, target)",
    "mse_loss": "nn.mean_squared_error(logits, target)",
    "MeanSquaredError": "nn.mean_squared_error(logits, target)",
    "TensorDataset": "nn.Dataset(a, target)",
    "from_tensor_slices": "nn.Dataset(a, target)",
    "random_split": "train, test = nn.split((a, target), 0.5, rng=0, stratify=False)",
    "train_test_split": "train, test = nn.split((a, target), 0.5, rng=0, stratify=False)",
    "StandardScaler": "nn.Standardizer(a)(a)",
    "to_categorical": "nn.one_hot(labels, 2)",
    "load_digits": "nn.digits()",
    "Subset": "nn.Dataset(a, target).subset([0])",
    "Trainer": "nn.fit(model, nn.quadratic_cost, (a, target), optimizer, epochs=1, batch_size=2)",
    "Callback": "nn.fit(model, nn.quadratic_cost, (a, target), optimizer, 1, 2, callbacks=lambda run: print(run.cost))",
    "LambdaCallback": "nn.fit(model, nn.quadratic_cost, (a, target), optimizer, 1, 2, callbacks=lambda run: None)",
    "ModelCheckpoint": "nn.fit(model, nn.quadratic_cost, (a, target), optimizer, 1, 2, checkpoint=path)",
    "CSVLogger": "nn.fit(model, nn.quadratic_cost, (a, target), optimizer, 1, 2).to_csv()",
    "init": "nn.Linear(3, 2, initializer=nn.xavier_uniform)",
    "kaiming_uniform_": "nn.Linear(3, 2, initializer=nn.kaiming_uniform)",
    "kaiming_normal_": "nn.Linear(3, 2, initializer=nn.kaiming_normal)",
    "xavier_normal_": "nn.Linear(3, 2, initializer=nn.xavier_normal)",
    "orthogonal_": "nn.Linear(3, 2, initializer=nn.orthogonal)",
    "trunc_normal_": "nn.Linear(3, 2, initializer=nn.truncated_normal)",
    "glorot_uniform": "nn.Linear(3, 2, initializer=nn.xavier_uniform)",
    "he_normal": "nn.Linear(3, 2, initializer=nn.kaiming_normal)",
    "BatchNormalization": "nn.BatchNorm1d(3)",
    "LayerNormalization": "nn.LayerNorm(3)",
    "MaxPooling2D": "nn.MaxPool2d(2)",
    "AveragePooling2D": "nn.AvgPool2d(2)",
    "GlobalAveragePooling2D": "nn.AdaptiveAvgPool2d(1)",
    "LazyConv2d": "nn.Conv2d(1, 8, kernel_size=3)",
    "SpatialDropout2D": "nn.Dropout2d(0.5)",
    "SimpleRNN": "nn.RNN(3, 4)",
    "LSTMCell": "nn.LSTM(3, 4)",
    "GRUCell": "nn.GRU(3, 4)",
    "Bidirectional": "nn.LSTM(3, 4, bidirectional=True)",
    "pad_packed_sequence": "nn.GRU(3, 4)(ag.ones((2, 5, 3)), lengths=[5, 2])",
    "pack_padded_sequence": "nn.GRU(3, 4)(ag.ones((2, 5, 3)), lengths=[5, 2])",
    "MultiHeadAttention": "nn.MultiheadAttention(8, 2)",
    "TransformerEncoder": "nn.Sequential([nn.TransformerEncoderLayer(8, 2) for _ in range(3)])",
    "Reshape": "nn.Unflatten(1, (1, 28, 28))",
    "xavier_uniform_": "nn.Linear(3, 2, initializer=nn.xavier_uniform)",
    "save": "nn.save(path, model=model)",
    "load": "nn.load(path, model=model)",
    "save_weights": "nn.save(path, model=model)",
    "load_weights": "nn.load(path, model=model)",
    "save_file": "nn.save(path, model=model)",
    "load_file": "nn.load(path, model=model)",
}
"""Names of other libraries, functions, methods and classes alike, each with the line that says it here."""

KEYWORDS: dict[str, str] = {
    "dim": "axis", "dims": "axes", "keepdim": "keepdims", "keep_dims": "keepdims", "reduction_indices": "axis",
    "dim0": "axis1", "dim1": "axis2", "perm": "axes", "input": "x", "other": "y", "x1": "x", "x2": "y", "a": "x",
    "unbiased": "ddof", "correction": "ddof", "newshape": "shape", "size": "shape", "a_min": "min", "a_max": "max",
    "clip_value_min": "min", "clip_value_max": "max", "split_size_or_sections": "indices_or_sections",
    "learning_rate": "lr", "eta": "lr", "in_features": "inputs", "out_features": "outputs", "units": "outputs",
    "params": "parameters", "eps": "epsilon", "step_size": "size", "gamma": "factor",
    "rate": "p", "trainable": "requires_grad", "seed": "rng", "val_data": "validation", "validation_data": "validation",
    "num_workers": "prefetch", "transforms": "transform", "test_size": "shares", "num_classes": "classes",
    "filters": "out_channels", "start_dim": "start_axis", "end_dim": "end_axis", "unflattened_size": "sizes",
    "elementwise_affine": "affine", "use_bias": "bias", "epsilon": "eps", "kernel_initializer": "initializer",
}  # fmt: skip
"""Keywords of other libraries, each with the one that it is here."""


def close(name: str, known: Collection[str]) -> list[str]:
    """At most three of the `known` names that `name` may have been meant for, the closest first.

    >>> from autograd_lite.elsewhere import close
    >>> close("sigmoids", ["sigmoid", "sign", "tanh"])
    ['sigmoid']
    """
    plain: dict[str, str] = {}
    for each in known:
        plain.setdefault(each.lower(), each)
    import difflib  # only a mistake needs it

    return [plain[each] for each in difflib.get_close_matches(name.lower(), plain, 3, 0.75)]


def either(names: Collection[str]) -> str:
    """Names as alternatives, as in `a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def instead(owner: str, name: str, prefix: str, known: Collection[str], functions: Collection[str] = ()) -> str:
    """What to say of a `name` that the `owner` does not have: what is written instead, or what may have been meant.

    `known` are the names that follow the `prefix`, `functions` those of `ag` that a tensor has not as a method.

    >>> from autograd_lite.elsewhere import instead
    >>> instead("'Tensor' object", "unsqueeze", "x.", ())
    "'Tensor' object has no attribute 'unsqueeze': write ag.expand_dims(x, axis=0)"
    """
    said = f"{owner} has no attribute {name!r}"
    if name in INSTEAD and INSTEAD[name] != prefix + name:
        return f"{said}: write {INSTEAD[name]}"
    if name in functions:
        return f"{said}: write ag.{name}(x)"
    if name.endswith("_") and not name.startswith("_") and name[:-1] in {*functions, *known, *INSTEAD}:
        return (
            f"{said}: nothing is changed in place; make a new tensor without the underscore, or x.assign(…) on a leaf"
        )
    meant = [prefix + each for each in close(name, known)] or [f"ag.{each}(x)" for each in close(name, functions)]
    return f"{said}: did you mean {either(meant)}?" if meant else said


def keyword(name: str, known: Collection[str]) -> str:
    """What to say after a keyword was refused: the one it is here, or a close one; nothing where there is none.

    >>> from autograd_lite.elsewhere import keyword
    >>> keyword("keepdim", ["axis", "keepdims"])
    ': keepdim= is keepdims= here'
    """
    if name == "out":
        return ": a result is always a new tensor, so write y = f(x) instead of f(x, out=y)"
    if KEYWORDS.get(name) in known:
        return f": {name}= is {KEYWORDS[name]}= here"
    meant = [f"{each}=" for each in close(name, known)]
    return f": did you mean {either(meant)}?" if meant else ""
