"""Names each function of a wasm module by the place where it is to stand: `order.py module.wasm`, and wasm-opt's --reorder-functions-by-name
then puts it there.

gzip finds again only what stood within the last 32 kB. So functions of one room of the source stand together, those of a trait's implementations
by the trait, and within a room those that begin alike: of one generic function there are many copies that differ in a few bytes.
"""

import pathlib
import re
import sys

CUSTOM, IMPORTS, CODE = 0, 2, 10
FUNCTION_NAMES = 1


def number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def encoded(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def chunk(data: bytes, at: int) -> tuple[bytes, int]:
    """What has its length before it, and where it ends."""
    length, at = number(data, at)
    return data[at : at + length], at + length


def sections(data: bytes, at: int):
    while at < len(data):
        kind = data[at]
        body, at = chunk(data, at + 1)
        yield kind, body


def imported_functions(body: bytes) -> int:
    count, at = number(body, 0)
    functions = 0
    for _ in range(count):
        _, at = chunk(body, at)
        _, at = chunk(body, at)
        kind, at = body[at], at + 1
        if kind == 0:
            functions += 1
            _, at = number(body, at)
        else:
            # wasm-bindgen's module has its memory, its tables and its globals itself
            sys.exit(f"order: an import of kind {kind}, where only functions are looked for")
    return functions


def names(body: bytes) -> dict[int, str]:
    found = {}
    for kind, part in sections(body, 0):
        if kind == FUNCTION_NAMES:
            count, at = number(part, 0)
            for _ in range(count):
                function, at = number(part, at)
                name, at = chunk(part, at)
                found[function] = name.decode()
    return found


def room(name: str) -> list[str]:
    """The crate and the module of a path, of `<T as Trait>::f` those of the trait."""
    return re.findall(r"\w+", re.sub(r"^<.* as ", "", re.sub(r"\[[0-9a-f]{16}\]", "", name)))[:2]


path = pathlib.Path(sys.argv[1])
module = path.read_bytes()
first, codes, called, kept = 0, [], {}, [module[:8]]
for kind, body in sections(module, 8):
    if kind == CUSTOM and chunk(body, 0)[0] == b"name":
        called = names(body[chunk(body, 0)[1] :])
        continue
    if kind == IMPORTS:
        first = imported_functions(body)
    if kind == CODE:
        count, at = number(body, 0)
        for _ in range(count):
            code, at = chunk(body, at)
            codes.append(code)
    kept.append(bytes([kind]) + encoded(len(body)) + body)
if not called:
    sys.exit(f"order: {path} has no names of functions")

places = sorted(range(len(codes)), key=lambda at: (room(called.get(first + at, "")), codes[at]))
# names stand by function
by_function = sorted((first + at, b"%05d" % place) for place, at in enumerate(places))
part = encoded(len(by_function)) + b"".join(encoded(at) + encoded(len(name)) + name for at, name in by_function)
part = b"\x04name" + bytes([FUNCTION_NAMES]) + encoded(len(part)) + part
path.write_bytes(b"".join(kept) + bytes([CUSTOM]) + encoded(len(part)) + part)
