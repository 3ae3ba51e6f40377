"""What a function can read besides its arguments: how it is made, the numbers it gives, the ways it can change.

In the table § stands for the number of the thing (a function may read several of one kind), NUMBER for any number,
INDEX for 0 or 1. A thing begins after an empty line; `reads:` and `changes:` are lists between bars.
"""

from __future__ import annotations

from dataclasses import dataclass

_TABLE = """
b§ = 2.0
reads: b§
changes: b§ = NUMBER | b§ += 1

b§ = 'double'
reads: (2.0 if b§ == 'double' else 1.0) | len(b§)
changes: b§ = 'half' | b§ = 'double'

b§ = [2.0, 3.0]
reads: b§[0] | sum(b§) | len(b§) | max(b§) | b§[-1]
changes: b§[0] = NUMBER | b§.append(NUMBER) | b§[:] = [NUMBER, 1.0] | b§.reverse() | b§ = [NUMBER, 3.0] |
    b§[-1] = NUMBER

b§ = [1.0] * 2000
reads: b§[1500] | sum(b§) | b§[0]
changes: b§[1500] = NUMBER | b§[0] = NUMBER | b§[1999] = NUMBER

b§ = [[2.0], [3.0, [4.0]]]
reads: b§[1][1][0] | b§[0][0]
changes: b§[1][1][0] = NUMBER | b§[0] = [NUMBER]

b§ = ([2.0, 1.0], 3.0)
reads: b§[0][0] | b§[1]
changes: b§[0][0] = NUMBER | b§ = ([NUMBER], NUMBER)

b§ = {'a': 2.0, 1: 3.0, (1, 2): [4.0]}
reads: b§['a'] | len(b§) | b§[(1, 2)][0] | b§.get('z', 1.0)
changes: b§['a'] = NUMBER | b§['z'] = NUMBER | b§[(1, 2)][0] = NUMBER | b§.update(a=NUMBER)

b§ = {i: 1.0 for i in range(500)}
reads: b§[400] | sum(b§.values())
changes: b§[400] = NUMBER | b§[499] = NUMBER

b§ = {1.0, 2.0}
reads: len(b§) | sum(b§) | (2.0 if 1.0 in b§ else 3.0)
changes: b§.add(NUMBER) | b§.clear()

b§ = frozenset([1.0, 2.0])
reads: sum(b§)
changes: b§ = frozenset([NUMBER])

b§ = collections.deque([2.0, 3.0])
reads: b§[0] | sum(b§)
changes: b§[0] = NUMBER | b§.appendleft(NUMBER) | b§.rotate(1)

b§ = collections.OrderedDict(a=2.0, b=3.0)
reads: next(iter(b§.values())) | b§['a']
changes: b§.move_to_end('a') | b§['a'] = NUMBER

b§ = types.SimpleNamespace(k=2.0)
reads: ag.live(b§, 'k') | ag.live(b§, 'k') * 2
changes: b§.k = NUMBER | b§ = types.SimpleNamespace(k=3.0)

b§ = collections.Counter(a=2)
reads: b§['a'] | b§.total()
changes: b§.update('ab') | b§['a'] = 5

b§ = collections.defaultdict(lambda: 2.0)
reads: b§['q'] | len(b§)
changes: b§['q'] = NUMBER | b§['r'] = NUMBER

b§ = bytearray(b'\\x02\\x03')
reads: b§[0]
changes: b§[0] = 5 | b§.reverse()

b§ = memoryview(bytearray(b'\\x02\\x03'))
reads: b§[0]
changes: b§[0] = 5

b§ = array.array('d', [2.0, 3.0])
reads: b§[0] | sum(b§)
changes: b§[0] = NUMBER | b§.append(NUMBER)

b§ = types.SimpleNamespace(k=2.0, l=[1.0, 3.0])
reads: b§.k | b§.l[0] | sum(b§.l) | b§.k * b§.l[-1]
changes: b§.k = NUMBER | vars(b§).update(k=NUMBER) | b§ = copy.copy(b§); b§.k = NUMBER | b§.l[0] = NUMBER |
    b§.l = [NUMBER, 2.0]

class C§: pass
b§ = C§(); b§.k = 2.0; b§.l = [1.0, 3.0]
reads: b§.k | b§.l[0] | sum(b§.l) | b§.k * b§.l[-1]
changes: b§.k = NUMBER | vars(b§).update(k=NUMBER) | b§ = copy.copy(b§); b§.k = NUMBER | b§.l[0] = NUMBER |
    b§.l = [NUMBER, 2.0]

class C§: k = 2.0; l = [1.0, 3.0]
b§ = C§()
reads: b§.k | b§.l[0] | sum(b§.l) | b§.k * b§.l[-1]
changes: b§.k = NUMBER | vars(b§).update(k=NUMBER) | b§ = copy.copy(b§); b§.k = NUMBER | b§.l[0] = NUMBER |
    b§.l = [NUMBER, 2.0] | type(b§).k = NUMBER | type(b§).l[0] = NUMBER

class C§:
    k = 2.0
b§ = C§
reads: b§.k
changes: b§.k = NUMBER

class Meta§(type): k = 2.0
class C§(metaclass=Meta§): pass
b§ = C§
reads: b§.k
changes: type(b§).k = NUMBER | b§.k = NUMBER

class C§:
    __slots__ = ('k', 'l')
b§ = C§(); b§.k = 2.0; b§.l = [1.0]
reads: b§.k | b§.l[0]
changes: b§.k = NUMBER | b§.l[0] = NUMBER | b§.l = [NUMBER]

@dataclasses.dataclass
class C§:
    k: float = 2.0
    l: list = dataclasses.field(default_factory=lambda: [3.0])
b§ = C§()
reads: b§.k | b§.l[0] | sum(b§.l) | b§.k * b§.l[-1]
changes: b§.k = NUMBER | vars(b§).update(k=NUMBER) | b§ = copy.copy(b§); b§.k = NUMBER | b§.l[0] = NUMBER |
    b§.l = [NUMBER, 2.0]

class C§:
    def __init__(self): self._k, self.l = 2.0, [1.0]
    @property
    def k(self): return self._k * 2
b§ = C§()
reads: b§.k | b§.l[0] | sum(b§.l) | b§.k * b§.l[-1]
changes: b§._k = NUMBER | b§.l[0] = NUMBER

class C§:
    def __init__(self): self.inner = types.SimpleNamespace(k=2.0, l=[[1.0]])
    def __call__(self): return self.inner.k
    def __getitem__(self, i): return self.inner.l[i][0]
b§ = C§()
reads: b§() | b§[0] | b§.inner.k
changes: b§.inner.k = NUMBER | b§.inner.l[0][0] = NUMBER | b§.inner.l[0] = [NUMBER]

class C§(list): pass
b§ = C§([2.0, 3.0])
reads: b§[0] | sum(b§)
changes: b§[0] = NUMBER | b§.append(NUMBER) | b§[:] = [NUMBER, 1.0] | b§.reverse()

class C§(dict): pass
b§ = C§(a=2.0)
reads: b§['a']
changes: b§['a'] = NUMBER

class C§(enum.Enum):
    A = 2.0
    B = 3.0
b§ = C§.A
reads: b§.value
changes: b§ = type(b§).B

class C§(enum.IntEnum):
    A = 2
    B = 3
b§ = {C§.A: [2.0]}
reads: b§[2][0]
changes: b§[2][0] = NUMBER

b§ = types.ModuleType('m'); b§.k = 2.0; b§.l = [1.0]
reads: b§.k | b§.l[0] | sum(b§.l) | b§.k * b§.l[-1]
changes: b§.k = NUMBER | b§.l[0] = NUMBER

b§ = types.ModuleType('m'); b§.inner = types.ModuleType('m.inner'); b§.inner.k = 2.0
reads: b§.inner.k
changes: b§.inner.k = NUMBER

globals()['G'] = 2.0
reads: G
changes: globals()['G'] = NUMBER

globals()['L'] = [2.0, 3.0]
reads: L[0] | sum(L)
changes: L[0] = NUMBER | globals()['L'] = [NUMBER]

def helper§(k=[2.0]): return k[0]
b§ = helper§
reads: b§()
changes: b§.__defaults__[0][0] = NUMBER | b§ = lambda: NUMBER

def helper§(): return helper§.k
helper.k = 2.0
b§ = helper§
reads: b§() | b§.k
changes: b§.k = NUMBER

def pair§(n=2.0):
    def get(): return n
    def set(v):
        nonlocal n
        n = v
    return get, set
b§ = pair§()
reads: b§[0]()
changes: b§[1](NUMBER)

def scale§(k, l): return k * l[0]
b§ = functools.partial(scale§, 2.0, [3.0])
reads: b§()
changes: b§.args[1][0] = NUMBER

r§ = [2.0]
@functools.lru_cache(None)
def helper§(): return r§[0]
b§ = helper§
reads: b§()
changes: b§.cache_clear(); r§[0] = NUMBER

b§ = iter(range(1, 100))
reads: next(b§)
changes: next(b§)

b§ = itertools.count(1.0)
reads: next(b§)

b§ = itertools.cycle([1.0, 2.0, 3.0])
reads: next(b§)

b§ = (i * 0.5 for i in range(1, 100))
reads: next(b§)

b§ = np.array([2.0, 3.0])
reads: b§ | b§[0] | b§.sum() | float(b§[1]) | (b§ * 1.0 if b§.sum() > 4 else b§ * 2)
changes: b§[0] = NUMBER | b§[:] = NUMBER | b§ = np.array([NUMBER, 1.0]) | b§ *= 0.5 | b§ = b§[::-1]

b§ = np.array(2.0)
reads: b§ | float(b§) | b§ * 2
changes: b§[...] = NUMBER | b§ = np.array(NUMBER)

b§ = np.ones(5000)
reads: b§[:2] | b§.sum() | float(b§[4000]) | (b§ * 2)[:2]
changes: b§[4000] = NUMBER | b§[:] = NUMBER

b§ = np.arange(6000.0).reshape(2, 3000)[:, ::2]
reads: b§[1, 7] | b§.mean()
changes: b§[1, 7] = NUMBER | b§ *= 2

b§ = [np.array([2.0, 3.0])]
reads: b§[0] | b§[0][1]
changes: b§[0][1] = NUMBER | b§[0] = np.full(2, NUMBER)

b§ = np.array([1, 0])
reads: x[b§] | b§[0] | (1 + b§.sum())
changes: b§[:] = 0 | b§[0] = 0

b§ = np.array([True, False])
reads: ag.where(b§, x, 0.5) | b§.sum()
changes: b§[:] = True | b§[0] = False

b§ = np.float32(2.0)
reads: b§
changes: b§ = np.float32(NUMBER) | b§ = np.float64(2.0)

b§ = ag.tensor([2.0, 3.0])
reads: b§ | b§[0] | (b§ if not b§.requires_grad else b§ * 2)
changes: b§.assign([NUMBER, 1.0]) | b§ = ag.tensor([NUMBER, 4.0]) | b§.data[0] = NUMBER |
    b§.requires_grad = True | b§.data = np.array([1.0, NUMBER])

b§ = [ag.tensor(2.0), ag.tensor(3.0)]
reads: b§[0] | sum(b§) | len(b§)
changes: b§[0] = ag.tensor(NUMBER, dtype=float) | b§.reverse() | b§.append(ag.tensor(1.0)) |
    b§[0].assign(NUMBER)

b§ = {'w': ag.tensor(2.0, name='w')}
reads: b§['w']
changes: b§['w'] = ag.tensor(float(NUMBER), name='w')

b§ = argparse.Namespace(k=2.0, l=[1.0, 3.0])
reads: b§.k | b§.l[0]
changes: b§.k = NUMBER | b§.l[0] = NUMBER | b§ = argparse.Namespace(k=3.0, l=[2.0])

under§ = {'a': 2.0}
b§ = types.MappingProxyType(under§)
reads: b§['a'] | len(b§)
changes: under§['a'] = NUMBER | under§['z'] = NUMBER

b§ = threading.local(); b§.k = 2.0
reads: b§.k
changes: b§.k = NUMBER

under§ = types.SimpleNamespace(k=2.0)
b§ = weakref.proxy(under§)
reads: b§.k
changes: under§.k = NUMBER

b§ = fractions.Fraction(5, 2)
reads: float(b§) | b§.numerator
changes: b§ = fractions.Fraction(3, 2)

b§ = decimal.Decimal('2.5')
reads: float(b§)
changes: b§ = decimal.Decimal('1.5')

b§ = io.StringIO('2.0')
reads: float(b§.getvalue())
changes: b§.seek(0); b§.write('5.0')

b§ = operator.itemgetter(0)
reads: b§([2.0, 3.0])
changes: b§ = operator.itemgetter(1)

b§ = slice(0, 1)
reads: x[b§]
changes: b§ = slice(1, 2)

class C§:
    def __getattr__(self, name): return self.table[name]
b§ = C§(); b§.table = {'k': 2.0}
reads: b§.k
changes: b§.table['k'] = NUMBER | b§.k = NUMBER

class C§:
    @classmethod
    def k(cls): return cls.value
    value = 2.0
b§ = C§
reads: b§.k() | b§().k()
changes: b§.value = NUMBER

class Base§:
    k = 2.0
class C§(Base§): pass
b§ = C§()
reads: b§.k
changes: Base§.k = NUMBER | C§.k = NUMBER | b§.k = NUMBER

C§ = collections.namedtuple('C§', 'k l')
b§ = C§(2.0, [1.0])
reads: b§.k | b§.l[0]
changes: b§.l[0] = NUMBER | b§ = b§._replace(k=NUMBER)

b§ = [np.array([2.0, 3.0])[:1]]
reads: b§[0] | float(b§[0][0])
changes: b§[0][0] = NUMBER

class C§(np.ndarray): pass
b§ = np.array([2.0, 3.0]).view(C§)
reads: b§ | float(b§[0])
changes: b§[0] = NUMBER

def outer§(k):
    def inner(): return k[0]
    return inner
b§ = outer§([2.0])
reads: b§()
changes: b§.__closure__[0].cell_contents[0] = NUMBER | b§.__closure__[0].cell_contents = [NUMBER]

b§ = lambda: 2.0
reads: b§()
changes: b§.__code__ = (lambda: 5.0).__code__ | b§ = lambda: NUMBER

b§ = [lambda: 2.0]
reads: b§[0]()
changes: b§[0] = lambda: NUMBER

b§ = {'f': functools.partial(max, 2.0)}
reads: b§['f'](1.0)
changes: b§['f'] = functools.partial(max, 5.0)

b§ = nn.Linear(2, 2, rng=0, dtype=float)
reads: b§(x) | b§.weight.shape[0]
changes: b§.weight.data[0, 0] = NUMBER | b§.bias = nn.Parameter([0.5, 1.5], dtype=float) |
    b§.weight.assign(b§.weight.numpy() * 2)

b§ = np.random.default_rng(0)
reads: ag.random_like(x, b§) | b§.random()
changes: b§.random() | b§ = np.random.default_rng(1)

b§ = (np.random.default_rng(0),)
reads: b§[0].normal() | ag.random_like(x, b§[0])
changes: b§[0].random()

b§ = random.Random(0)
reads: b§.random()
changes: b§.seed(1)

b§ = np.random.RandomState(0)
reads: b§.rand()

b§ = np.random.PCG64(0)
reads: float(b§.random_raw() % 1000)

random.seed(0)
reads: random.random()

np.random.seed(0)
reads: np.random.rand()

class M§(nn.Module):
    def __init__(self): self.k = 2.0; self.l = [1.0, ag.tensor(2.0)]
    def forward(self, x): return x * self.k * self.l[0] * self.l[1]
b§ = M§()
reads: b§(x) | b§.k
changes: b§.k = NUMBER | vars(b§).update(k=NUMBER) | b§.l[0] = NUMBER | b§.l[1] = ag.tensor(3.0) |
    b§.training = False | type(b§).forward = lambda s, x: x * NUMBER | b§.forward = lambda x: x * NUMBER

class M§(nn.Module):
    def forward(self, x): return x * (2.0 if self.training else 0.5)
b§ = M§()
reads: b§(x)
changes: b§.eval() | b§.train() | b§.training = INDEX > 0

b§ = nn.Dropout(0.5, rng=0)
reads: b§(x)
changes: b§.eval() | b§.p = 0.25 | b§.train() | del b§.training

b§ = nn.Sequential(nn.Linear(2, 2, rng=0, dtype=float), nn.Tanh())
reads: b§(x)
changes: b§.layers[1] = nn.Sigmoid() | b§.layers.append(nn.ReLU()) | b§.layers.pop()

b§ = collections.ChainMap({}, {'a': 2.0})
reads: b§['a']
changes: b§['a'] = NUMBER | b§.maps[1]['a'] = NUMBER

b§ = collections.UserDict(a=2.0)
reads: b§['a'] | len(b§)
changes: b§['a'] = NUMBER | b§['z'] = NUMBER | b§.data['a'] = NUMBER

b§ = collections.UserList([2.0, 3.0])
reads: b§[0] | sum(b§)
changes: b§[0] = NUMBER | b§.append(NUMBER)

under§ = {'a': 2.0}
b§ = under§.values()
reads: sum(b§) | len(b§)
changes: under§['a'] = NUMBER | under§['z'] = NUMBER

b§ = contextvars.ContextVar('b§', default=2.0)
reads: b§.get()
changes: b§.set(NUMBER)

b§ = queue.Queue(); b§.put(2.0)
reads: b§.queue[0] | len(b§.queue)
changes: b§.put(NUMBER) | b§.get(); b§.put(NUMBER)
"""


@dataclass(frozen=True)
class Thing:
    """The lines that make it, expressions that read it, statements that change it."""

    make: str
    reads: tuple[str, ...]
    changes: tuple[str, ...] = ()


def _parsed(block: str) -> Thing:
    make, _, rest = block.partition("\nreads:")
    reads, _, changes = rest.partition("\nchanges:")
    return Thing(make, _listed(reads), _listed(changes))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(" ".join(each.split()) for each in text.split(" |") if each.strip())


THINGS = tuple(_parsed(block) for block in _TABLE.strip().split("\n\n"))
