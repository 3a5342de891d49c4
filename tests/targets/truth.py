"""Enters Python code in every way there is: from C code, and from each kind of instruction.

    truth.py SAYS           runs all ways in turn, for ever; says in this pipe which one it begins
    truth.py SAYS HEARS     once; says when it is in a leaf, too, and stays there until it hears so

A way is a name and the text of a function of that name, which gets to a function, generator or
coroutine called `leaf`. A leaf keeps the thread for nearly all of the time: asleep, and busy. Each
way is run as it is compiled and again when its instructions have been specialised, below
`measured`; what runs below `warmed` is to be ignored. A text that this Python cannot compile is
left out.
"""
import asyncio
import contextlib
import functools
import gc
import json
import os
import re
import signal
import sys
import time
import types
import weakref

# What only the texts below use.
used_by_texts = (json, re, signal, types, weakref)

measured_for = 0.012  # s asleep, and busy, at a time
warm = 40             # runs until everything is specialised


class Off:
    """A leaf that is left at once. All of these are C functions: the leaf stays the leaf."""
    say = pause = now = int
    span = 0


class Timed:
    say, now = int, time.perf_counter
    pause = functools.partial(time.sleep, measured_for)
    span = measured_for


hold = Off


def step():
    pass


def returns(value=None):
    def leaf(*words, **named):
        hold.say(), hold.pause()
        until = hold.now() + hold.span
        while hold.now() < until:
            step()
        return value
    return leaf


def raises(error):
    stay = returns()

    def leaf(*words, **named):
        stay()
        raise error
    return leaf


def items(*values):
    def leaf():
        for value in values:
            hold.say(), hold.pause()
            until = hold.now() + hold.span
            while hold.now() < until:
                pass
            yield value
    return leaf()


async def leaf(value=None):
    hold.say(), hold.pause()
    until = hold.now() + hold.span
    while hold.now() < until:
        pass
    return value


async def values():
    async def leaf():
        hold.say(), hold.pause()
        until = hold.now() + hold.span
        while hold.now() < until:
            pass
        yield 1
    async for value in leaf():
        yield value


def box(bases=(), **members):
    return type("Box", bases, members)


def of(**members):
    """An object with these special methods."""
    return box(**members)()


def drive(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


class Initialised:
    def __init__(self, stay):
        stay()


class InitialisedHere:
    def __init__(self):
        def leaf():
            returns()()
        leaf()


class Lender:
    """A context manager, plain and asynchronous."""
    __enter__ = returns()
    __exit__ = returns(True)

    async def __aenter__(self):
        return await leaf()

    async def __aexit__(self, *error):
        return await leaf(True)


class Quiet:
    def __enter__(self):
        pass

    def __exit__(self, *error):
        return True


class Importer:
    """Makes the modules that the ways import, each of them anew for every import."""
    path = None

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        from importlib.machinery import ModuleSpec
        return ModuleSpec(name, cls, is_package=True) if name.startswith("made_up") else None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        if module.__name__.endswith("quick"):
            module.__getattr__ = returns(1)
        else:
            exec(compile("stay()", "made_up.py", "exec"), {"stay": returns()})


sys.meta_path.insert(0, Importer)


def forget():
    for name in [name for name in sys.modules if name.startswith("made_up")]:
        del sys.modules[name]


class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        returns()()


def once(action):
    """Calls `action` the first time and does nothing after that."""
    left = [action]

    def leaf(*words):
        if left:
            left.pop()()
    return leaf


WAYS = {
    # what instructions ask an object for
    "CONTAINS_OP": "1 in of(__contains__=returns(True))",
    "CONTAINS_OP_iter": "1 in of(__iter__=lambda self: items(1))",
    "TO_BOOL_bool": "if of(__bool__=returns(True)): pass",
    "TO_BOOL_len": "if of(__len__=returns(1)): pass",
    "UNARY_NOT": "return not of(__bool__=returns(True))",
    "UNARY_NEGATIVE": "-of(__neg__=returns(1))",
    "UNARY_POSITIVE": "+of(__pos__=returns(1))",
    "UNARY_INVERT": "~of(__invert__=returns(1))",
    "BINARY_OP": "of(__add__=returns(1)) + 1",
    "BINARY_OP_reflected": "1 + of(__radd__=returns(1))",
    "BINARY_OP_inplace": "a = of(__iadd__=returns(1))\na += 1",
    "COMPARE_OP": "of(__lt__=returns(True)) < 1",
    "COMPARE_OP_eq": "1 == of(__eq__=returns(True))",
    "BINARY_SUBSCR": "of(__getitem__=returns(1))[2]",
    "BINARY_SLICE": "a = of(__getitem__=returns(1))\na[1:2]",
    "STORE_SUBSCR": "of(__setitem__=returns())[1] = 2",
    "STORE_SLICE": "a = of(__setitem__=returns())\na[1:2] = 2",
    "DELETE_SUBSCR": "del of(__delitem__=returns())[1]",
    "LOAD_ATTR_property": "of(a=property(returns(1))).a",
    "LOAD_ATTR_getattr": "of(__getattr__=returns(1)).a",
    "LOAD_ATTR_getattribute": "of(__getattribute__=returns(1)).a",
    "LOAD_ATTR_descriptor": "of(a=of(__get__=returns(1))).a",
    "LOAD_ATTR_method": "of(__getattr__=returns(int)).a()",
    "LOAD_SUPER_ATTR": "B = box(a=property(returns(1)))\nclass C(B):\n  def a(self): return super().a\nC().a()",
    "STORE_ATTR_property": "of(a=property(None, returns())).a = 1",
    "STORE_ATTR_setattr": "of(__setattr__=returns()).a = 1",
    "DELETE_ATTR": "del of(__delattr__=returns()).a",
    "FORMAT_SIMPLE": "f'{of(__format__=returns(str()))}'",
    "FORMAT_WITH_SPEC": "f'{of(__format__=returns(str())):>9}'",
    "CONVERT_VALUE_repr": "f'{of(__repr__=returns(str()))!r}'",
    "CONVERT_VALUE_str": "f'{of(__str__=returns(str()))!s}'",
    "GET_ITER": "for a in of(__iter__=returns(iter([1]))): pass",
    "FOR_ITER_next": "for a in of(__iter__=lambda self: self, __next__=returns(1)): break",
    "FOR_ITER_generator": "for a in items(1): pass",
    "FOR_ITER_map": "for a in map(returns(), [1]): pass",
    "FOR_ITER_callable": "for a in iter(returns(1), 1): pass",
    "UNPACK_SEQUENCE": "a, b = of(__iter__=lambda self: items(1, 2))",
    "UNPACK_SEQUENCE_next": "a, = of(__iter__=lambda self: iter(map(returns(), [1])))",
    "UNPACK_EX": "a, *b = items(1, 2)",
    "LIST_EXTEND": "[*items(1)]",
    "SET_UPDATE": "{*items(1)}",
    "DICT_UPDATE": "{**of(keys=returns([1]), __getitem__=lambda *a: 1)}",
    "DICT_MERGE": "dict(a=1, **of(keys=returns(['b']), __getitem__=lambda *a: 1))",
    "CALL_FUNCTION_EX": "print(*items(), sep='')\nreturns()(*[], **{})",
    "CALL_FUNCTION_EX_iterable": "print(*items(''), end='')",
    "BUILD_SET": "{of(__hash__=returns(1))}",
    "BUILD_MAP": "{of(__hash__=returns(1)): 1}",
    "SET_ADD": "H = box(__hash__=returns(1))\n{H() for _ in (1,)}",
    "MAP_ADD": "H = box(__hash__=returns(1))\n{H(): 1 for _ in (1,)}",
    "BEFORE_WITH": "with of(__enter__=returns(), __exit__=returns(True)): pass",
    "LOAD_SPECIAL": "class C(Quiet):\n  __enter__ = property(lambda self: returns(int)())\nwith C(): pass",
    "WITH_EXCEPT_START": "with of(__enter__=lambda self: None, __exit__=returns(True)): raise OSError",
    "contextmanager": "@contextlib.contextmanager\ndef leaf():\n  returns()()\n  yield\nwith leaf(): pass",
    "RAISE_VARARGS": "C = box((Exception,), __init__=returns())\nwith Quiet(): raise C",
    "RAISE_VARARGS_new": "C = box((Exception,), __new__=returns(OSError()))\nwith Quiet(): raise C",
    "RAISE_VARARGS_from": "C = box((Exception,), __init__=returns())\nwith Quiet(): raise OSError from C",
    "CHECK_EG_MATCH": "C = box((ExceptionGroup,), derive=returns(ExceptionGroup('', [OSError()])))\n"
                      "try: raise C('', [OSError(), KeyError()])\nexcept* OSError: pass\nexcept* KeyError: pass",
    "MATCH_CLASS": "class M(type): __instancecheck__ = returns(True)\nclass C(metaclass=M): pass\n"
                   "match 1:\n  case C(): pass",
    "MATCH_KEYS": "match box((dict,), get=returns(1))(a=1):\n  case {'a': 1}: pass",
    "GET_LEN": "match box((list,), __len__=returns(1))([1]):\n  case [_]: pass",
    "IMPORT_NAME": "forget()\nimport made_up_whole",
    "IMPORT_NAME_deep": "forget()\nimport made_up_quick.inner",
    "IMPORT_FROM": "forget()\nfrom made_up_quick import a",
    "LOAD_NAME": "exec(by_name, {}, of(__getitem__=returns(1)))",
    "STORE_NAME": "exec(set_name, {}, of(__getitem__=int, __setitem__=returns()))",
    "DELETE_NAME": "exec(delete_name, {}, of(__getitem__=int, __delitem__=returns()))",
    "BUILD_TEMPLATE": "t'{returns()()}'",
    # classes
    "class_body": "stay = returns()\nclass C:\n  stay()",
    "class_prepare": "class M(type): __prepare__ = returns({})\nclass C(metaclass=M): pass",
    "class_new": "class C(metaclass=returns()): pass",
    "class_init_subclass": "class B: __init_subclass__ = returns()\nclass C(B): pass",
    "class_set_name": "class C: a = of(__set_name__=returns())",
    "class_bases": "class C(of(__mro_entries__=returns(()))): pass",
    "init": "Initialised(returns())",
    "init_here": "InitialisedHere()",
    "init_by_c": "list(map(Initialised, [returns()]))",
    "new": "box(__new__=returns())()",
    "metaclass_call": "class M(type): __call__ = returns()\nclass C(metaclass=M): pass\nC()",
    "isinstance": "class M(type): __instancecheck__ = returns(True)\nclass C(metaclass=M): pass\nisinstance(1, C)",
    "issubclass": "class M(type): __subclasscheck__ = returns(True)\nclass C(metaclass=M): pass\nissubclass(int, C)",
    # C functions that call back
    "call": "returns()()",
    "call_keywords": "returns()(a=1)",
    "call_object": "of(__call__=returns())()",
    "call_partial": "functools.partial(returns())()",
    "call_cached": "functools.lru_cache(returns())()",
    "sorted_key": "sorted([1], key=returns(1))",
    "sorted_less": "sorted([of(), of(__lt__=returns(True))])",
    "minimum": "min([1, 2], key=returns(1))",
    "map": "list(map(returns(), [1]))",
    "filter": "list(filter(returns(), [1]))",
    "reduce": "functools.reduce(returns(), [1, 2])",
    "sub": "re.sub('a', returns('b'), 'a')",
    "json": "json.dumps(of(), default=returns(1))",
    "dict_get": "{1: 2}.get(of(__hash__=returns(1), __eq__=lambda *a: True))",
    "index": "range(of(__index__=returns(1)))",
    "length": "len(of(__len__=returns(1)))",
    "str": "str(of(__str__=returns(str())))",
    "print": "print(file=of(write=returns()), end='x')",
    "eval": "eval('stay()', {'stay': returns()})",
    # generators and coroutines that do not hang on a FOR_ITER of the frame below
    "gen_list": "list(items(1))",
    "gen_next": "next(items(1))",
    "gen_sum": "sum(items(1))",
    "gen_any": "any(items(1))",
    "gen_join": "''.join(items('a'))",
    "gen_dict": "dict(items((1, 2)))",
    "gen_send": "items(1).send(None)",
    "gen_expression": "stay = returns(1)\nsum(stay() for _ in (1,))",
    "gen_enumerate": "for a in enumerate(items(1)): pass",
    "gen_yield_from": "def middle(): yield from items(1)\nfor a in middle(): pass",
    "gen_yield_from_list": "def middle(): yield from items(1)\nlist(middle())",
    "gen_chain": "def middle(n): yield from (middle(n - 1) if n else items(1))\nlist(middle(5))",
    "gen_throw": "def leaf():\n  try: yield\n  except OSError: returns()()\n  yield\n"
                 "g = leaf()\nnext(g)\ng.throw(OSError())",
    "gen_close": "def leaf():\n  try: yield\n  finally: returns()()\ng = leaf()\nnext(g)\ng.close()",
    "coro_send": "drive(leaf())",
    "coro_await": "async def handler(): return await leaf()\ndrive(handler())",
    "coro_await_deep": "async def handler(n): return await (handler(n - 1) if n else leaf())\ndrive(handler(5))",
    "coro_await_object": "class C: __await__ = lambda self: items(1)\nasync def handler(): await C()\ndrive(handler())",
    "coro_function": "stay = returns()\nasync def handler(): stay()\nasync def outer(): await handler()\ndrive(outer())",
    "coro_with": "async def handler():\n  async with Lender(): pass\ndrive(handler())",
    "coro_for": "class C:\n  __aiter__ = lambda self: self\n  async def __anext__(self): return await leaf()\n"
                "async def handler():\n  async for a in C(): break\ndrive(handler())",
    "coro_async_generator": "async def handler():\n  async for a in values(): pass\ndrive(handler())",
    "coro_comprehension": "async def handler(): return [a async for a in values()]\ndrive(handler())",
    "coro_asyncio": "async def handler(): await leaf()\nloop.run_until_complete(handler())",
    "coro_task": "async def handler(): await asyncio.create_task(leaf())\nloop.run_until_complete(handler())",
    # what comes from nowhere: finalisers, callbacks, signals, tracing
    "del_DELETE_FAST": "a = of(__del__=returns())\ndel a",
    "del_STORE_FAST": "a = of(__del__=returns())\na = 1",
    "del_POP_TOP": "of(__del__=returns())",
    "del_local": "def middle(): a = of(__del__=returns())\nmiddle()",
    "del_local_deep": "def middle(n):\n  a = of(__del__=returns()) if not n else middle(n - 1)\nmiddle(3)",
    "del_unwound": "def middle():\n  a = of(__del__=returns())\n  raise OSError\nwith Quiet(): middle()",
    "del_generator": "def middle():\n  a = of(__del__=returns())\n  yield 1\nfor a in middle(): pass",
    "del_member": "a = [of(__del__=returns())]\na.clear()",
    "del_cycle": "Cycle()\ngc.collect(0)",
    "del_cycle_by_itself": "Cycle()\ngc.enable()\na = [[] for _ in range(300)]\ngc.disable()",
    "weakref": "a = of()\nb = weakref.ref(a, returns())\ndel a",
    "gc_callback": "stay = once(returns())\ngc.callbacks.append(stay)\ngc.collect(0)\ngc.callbacks.remove(stay)",
    "signal_raised": "signal.signal(signal.SIGUSR1, returns())\nsignal.raise_signal(signal.SIGUSR1)",
    "signal_in_loop": "done = []\nstay = returns()\n"
                      "signal.signal(signal.SIGALRM, lambda *words: (stay(), done.append(1)))\n"
                      "signal.setitimer(signal.ITIMER_REAL, 0.000001)\nwhile not done: pass",
    "profile_call": "sys.setprofile(once(lambda: (sys.setprofile(None), returns()())))\nstep()",
    "trace_line": "stay = once(lambda: (sys.settrace(None), returns()()))\n"
                  "sys.settrace(lambda *words: stay)\nstep()\nsys.settrace(None)",
    "hook": "stay = once(returns())\nsys.unraisablehook = stay\n"
            "of(__del__=lambda self: 1 / 0)\nsys.unraisablehook = sys.__unraisablehook__",
}

loop = asyncio.new_event_loop()
by_name, set_name, delete_name = (compile(text, "names", "exec") for text in ("a", "a = 1", "del a"))


def functions():
    found = {}
    for name, text in WAYS.items():
        text = text.replace("\n", "\n  ")
        with contextlib.suppress(SyntaxError):
            exec(compile(f"def {name}():\n  {text}\n", "ways.py", "exec"), globals(), found)
    return found


def warmed(way):
    global hold
    kept, hold = hold, Off
    for _ in range(warm):
        way()
    hold = kept


def tidy_up():
    global hold
    kept, hold = hold, Off
    gc.collect()
    gc.freeze()
    hold = kept


def measured(way):
    way()


def main():
    global hold
    says = os.open(sys.argv[1], os.O_WRONLY)
    hears = os.open(sys.argv[2], os.O_RDONLY) if len(sys.argv) > 2 else None

    class Stepped(Off):
        say = functools.partial(os.write, says, b".\n")
        pause = functools.partial(os.read, hears, 1)

    # Collections take long where no leaf is. Those that are wanted have little to look at.
    gc.disable()
    gc.set_threshold(100)
    hold = Timed if hears is None else Stepped
    ways = functions()
    while True:
        for name, way in ways.items():
            os.write(says, f"{name}\n".encode())
            measured(way)
            warmed(way)
            tidy_up()
            measured(way)
            tidy_up()
        if hears is not None:
            break


main()
