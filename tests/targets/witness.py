# Prints its version and where some of its own objects are, in hexadecimal, and waits.
import importlib
import sys
import sysconfig
import time
import types

importlib.import_module("asyncio")  # its table of offsets is looked for, too
things = [types.CodeType, None, types.GeneratorType, types.CoroutineType, types.FrameType]
free_threaded = int(bool(sysconfig.get_config_var("Py_GIL_DISABLED")))
print("%x" % sys.hexversion, free_threaded, *("%x" % id(t) for t in things), flush=True)
time.sleep(100)
