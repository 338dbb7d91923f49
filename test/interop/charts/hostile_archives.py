# SPDX-License-Identifier: Apache-2.0
"""Archives that are odd, damaged or hostile, by name: functions that make the bytes of each."""

import gzip
import io
import random
import struct
import tarfile
import zlib

CHART_YAML = b"apiVersion: v2\nname: x\nversion: 1.0.0\n"
MIB = 1 << 20


def header(
    name,
    size=0,
    kind=b"0",
    link=b"",
    magic=b"ustar\x0000",
    prefix=b"",
    mtime=b"14524770400",
    size_field=None,
    checksum=None,
):
    """One 512-byte header, field by field."""
    fields = bytearray(512)
    fields[0 : len(name)] = name
    fields[100:108] = b"0000644\0"
    fields[108:116] = fields[116:124] = b"0000000\0"
    fields[124:136] = size_field if size_field is not None else b"%011o\0" % size
    fields[136:148] = mtime.ljust(12, b"\0")
    fields[156:157] = kind
    fields[157 : 157 + len(link)] = link
    fields[257 : 257 + len(magic)] = magic
    fields[345 : 345 + len(prefix)] = prefix
    fields[148:156] = b" " * 8
    fields[148:156] = checksum if checksum is not None else b"%06o\0 " % sum(fields)
    return bytes(fields)


def member(name, data=b"", **fields):
    name = name if isinstance(name, bytes) else name.encode()
    return header(name, len(data), **fields) + data + b"\0" * (-len(data) % 512)


def pax(*records, kind=b"x", raw=None):
    body = raw if raw is not None else b"".join(map(pax_record, records))
    return member(b"PaxHeaders.0/x", body, kind=kind)


def pax_record(record):
    for digits in range(1, 9):
        if len(str(len(record) + digits + 2)) == digits:
            return b"%d %s\n" % (len(record) + digits + 2, record)
    raise AssertionError(record)


def gnu_long(name, kind=b"L"):
    return member(b"././@LongLink", name + b"\0", kind=kind, magic=b"ustar  \0")


END = bytes(1024)
CHART = member("x/Chart.yaml", CHART_YAML)


def tar(*parts, end=END):
    return b"".join(parts) + end


def tgz(*parts, end=END):
    return gzip.compress(tar(CHART, *parts, end=end), 6, mtime=0)


def bare(*parts, end=END):
    """Without the Chart.yaml that tgz() puts first."""
    return gzip.compress(tar(*parts, end=end), 6, mtime=0)


def gzip_member(data, flags=0, method=8, extra=b"", crc=None, size=None, magic=b"\x1f\x8b"):
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    trailer = struct.pack("<II", zlib.crc32(data) if crc is None else crc, len(data) % 2**32 if size is None else size)
    return magic + bytes([method, flags]) + b"\0\0\0\0\0\xff" + extra + body + trailer


def header_crc(flags, right):
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    return struct.pack("<H", (zlib.crc32(head) & 0xFFFF) ^ (0 if right else 1))


def many(count, size=0):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as file:
        file.write(CHART)
        for i in range(count):
            file.write(member(f"x/files/{i:06}", bytes(size)))
        file.write(END)
    return out.getvalue()


def nested(depth, packed):
    """A chart in a chart in a chart."""
    data = bare(member("x/Chart.yaml", CHART_YAML))
    for _ in range(depth):
        data = tgz(member("x/charts/x.tgz", data))
    if packed:
        return data
    folders = "x/"
    parts = [member(folders + "Chart.yaml", CHART_YAML)]
    for _ in range(depth):
        folders += "charts/x/"
        parts.append(pax(b"path=" + (folders + "Chart.yaml").encode()) + member("x/y", CHART_YAML))
    return bare(*parts)


WHOLE = tar(CHART, member("x/values.yaml", b"a: 1\n"), member("x/README.md", b"text\n" * 300))


def truncations():
    packed = gzip.compress(WHOLE, 6, mtime=0)
    for cut in (
        0,
        1,
        2,
        3,
        9,
        10,
        11,
        20,
        len(packed) // 2,
        len(packed) - 9,
        len(packed) - 8,
        len(packed) - 4,
        len(packed) - 1,
    ):
        yield f"cut after {cut} of {len(packed)} bytes", lambda cut=cut: packed[:cut]
    for cut in (
        1,
        511,
        512,
        513,
        560,
        1023,
        1024,
        1535,
        1536,
        1541,
        2048,
        2600,
        len(WHOLE) - 1024,
        len(WHOLE) - 1023,
        len(WHOLE) - 512,
    ):
        yield f"its tar stream cut after {cut} bytes", lambda cut=cut: gzip.compress(WHOLE[:cut])


def framing():
    """What is around the tar stream."""
    yield "an ordinary archive", tgz
    yield "no byte", lambda: b""
    yield "text", lambda: b"a: 1\n" * 10
    yield "a tar stream that is not compressed", lambda: tar(CHART)
    yield "a zip file", lambda: b"PK\x03\x04" + bytes(600)
    yield "gzip of nothing", lambda: gzip.compress(b"")
    yield "gzip of text", lambda: gzip.compress(b"hello " * 200)
    yield "gzip of zeros", lambda: gzip.compress(bytes(10240))
    yield "gzip with a wrong check sum", lambda: gzip_member(WHOLE, crc=1)
    yield "gzip with a wrong size", lambda: gzip_member(WHOLE, size=1)
    yield "gzip with garbage behind", lambda: gzip.compress(WHOLE) + b"garbage garbage garbage"
    yield "gzip with zeros behind", lambda: gzip.compress(WHOLE) + bytes(512)
    yield "gzip in two members", lambda: gzip.compress(WHOLE[:700]) + gzip.compress(WHOLE[700:])
    yield "gzip in many members", lambda: b"".join(gzip.compress(WHOLE[i : i + 100]) for i in range(0, len(WHOLE), 100))
    yield "gzip with an empty member first", lambda: gzip.compress(b"") + gzip.compress(WHOLE)
    yield "gzip whose second member is damaged", lambda: gzip.compress(WHOLE[:700]) + gzip_member(WHOLE[700:], crc=1)
    yield "gzip whose second member has another method", lambda: gzip.compress(WHOLE[:700]) + gzip_member(b"", method=7)
    yield "gzip with a name", lambda: gzip_member(WHOLE, 8, extra=b"name.tar\0")
    yield "gzip with a name without end", lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 600
    yield "gzip with a name of 600 bytes", lambda: gzip_member(WHOLE, 8, extra=b"n" * 600 + b"\0")
    yield "gzip with a name in Latin-1", lambda: gzip_member(WHOLE, 8, extra=b"\xe9\0")
    yield "gzip with a comment", lambda: gzip_member(WHOLE, 16, extra=b"comment\0")
    yield "gzip with an extra field", lambda: gzip_member(WHOLE, 4, extra=b"\x05\0ab\x01\0c")
    yield "gzip with a malformed extra field", lambda: gzip_member(WHOLE, 4, extra=b"\x03\0abc")
    yield "gzip with an extra field beyond its end", lambda: b"\x1f\x8b\x08\x04" + bytes(6) + b"\xff\xff" + bytes(100)
    yield "gzip with all fields", lambda: gzip_member(WHOLE, 4 + 8 + 16, extra=b"\x02\0abname\0comment\0")
    yield "gzip with a header check sum", lambda: gzip_member(WHOLE, 2, extra=header_crc(2, True))
    yield "gzip with a wrong header check sum", lambda: gzip_member(WHOLE, 2, extra=header_crc(2, False))
    yield "gzip with the text flag", lambda: gzip_member(WHOLE, 1)
    yield "gzip with reserved flags", lambda: gzip_member(WHOLE, 0xE0)
    yield "gzip with another method", lambda: gzip_member(WHOLE, method=7)
    yield "gzip with an invalid block", lambda: b"\x1f\x8b\x08\0" + bytes(6) + b"\x07" * 100
    yield from truncations()
    yield "no end marker", lambda: tgz(end=b"")
    yield "half an end marker", lambda: tgz(end=bytes(512))
    yield "an end marker of one block and then a member", lambda: tgz(
        bytes(512) + member("x/values.yaml", b"- wrong\n")
    )
    yield "members behind the end marker", lambda: tgz(END + member("x/values.yaml", b"- wrong\n"))
    yield "garbage behind the end marker", lambda: tgz(end=END + b"garbage")


def headers():
    values = member("x/values.yaml", b"a: 1\n")
    for field in (b"", b"0" * 8, b"999999\0 ", b"       \0", b"-00001\0 "):
        yield f"a header with the check sum {field!r}", lambda field=field: tgz(
            member("x/a", b"1", checksum=field.ljust(8, b"\0"))
        )
    signed = bytearray(header(b"x/\xe9\xe9", 0))
    signed[148:156] = b"%06o\0 " % (sum(signed[:148]) + sum(signed[156:]) + 8 * 32 - 512)
    yield "a header with a signed check sum", lambda: tgz(bytes(signed))
    for size in (
        b"00000000001 ",
        b"          1\0",
        b"1\0".ljust(12, b"\0"),
        b"\0" * 12,
        b" " * 12,
        b"00000000008\0",
        b"-0000000001\0",
        b"777777777777",
        b"\x80" + bytes(10) + b"\x01",
        b"\xff" * 12,
        b"\x80" + b"\xff" * 11,
        b"\x80\0\0\0" + b"\x7f" + b"\xff" * 7,
        b"0x000000001\0",
        b"1 1\0".ljust(12, b"\0"),
        b"+0000000001\0",
    ):
        yield f"the size {size!r}", lambda size=size: tgz(header(b"x/a", size_field=size) + b"1" + bytes(511), values)
    for time in (
        b"-1",
        b"abc",
        b"\x80" + bytes(10) + b"\x01",
        b"\xff" * 12,
        b"",
        b"77777777777\0",
        b"\x80" + b"\xff" * 11,
    ):
        yield f"the time {time!r}", lambda time=time: tgz(member("x/a", b"1", mtime=time), values)
    for magic in (b"", b"ustar  \0", b"ustar\0" + b"01", b"USTAR\x0000", b"ustar\x00xx", b"tar\0"):
        yield f"the magic {magic!r}", lambda magic=magic: tgz(member("x/a", b"1", magic=magic), values)
    yield "a name of 100 bytes", lambda: tgz(member(b"x/" + b"n" * 98, b"1"))
    yield "a prefix", lambda: bare(member("Chart.yaml", CHART_YAML, prefix=b"x"))
    yield "a prefix of 155 bytes", lambda: tgz(member("a", b"1", prefix=b"x/" + b"p" * 153))
    yield "a prefix under the magic of GNU", lambda: bare(
        member("x/Chart.yaml", CHART_YAML, prefix=b"p", magic=b"ustar  \0")
    )
    yield "a prefix under no magic", lambda: bare(member("x/Chart.yaml", CHART_YAML, prefix=b"p", magic=b""))


def extensions():
    """PAX and GNU."""
    chart = member("y/wrong", CHART_YAML)
    yield "a PAX path", lambda: bare(pax(b"path=x/Chart.yaml"), chart)
    yield "a PAX path twice", lambda: bare(pax(b"path=x/other", b"path=x/Chart.yaml"), chart)
    yield "two PAX headers", lambda: bare(pax(b"path=x/other"), pax(b"path=x/Chart.yaml"), chart)
    yield "an empty PAX path", lambda: bare(pax(b"path="), member("x/Chart.yaml", CHART_YAML))
    yield "a PAX path with NUL", lambda: bare(pax(b"path=x/Chart.yaml\0y"), chart)
    yield "a PAX path that climbs", lambda: tgz(pax(b"path=x/../../etc/passwd"), member("x/a", b"1"))
    yield "an absolute PAX path", lambda: tgz(pax(b"path=/etc/passwd"), member("x/a", b"1"))
    yield "a PAX path that ends in a slash", lambda: tgz(
        pax(b"path=x/values.yaml/"), member("x/values.yaml", b"- wrong\n")
    )
    yield "a PAX path of 5,000 bytes", lambda: tgz(pax(b"path=x/" + b"y/" * 2500 + b"z"), member("x/a", b"1"))
    yield "a PAX path in no UTF-8", lambda: tgz(pax(b"path=x/\xff\xfe"), member("x/a", b"1"))
    for size in (b"5", b"0", b"-1", b"5.0", b"", b"99999999999", b"9223372036854775808", b" 5", b"05", b"+5"):
        yield f"the PAX size {size!r}", lambda size=size: tgz(
            pax(b"size=" + size), header(b"x/values.yaml", 5) + b"a: 1\n".ljust(512, b"\0")
        )
    for time in (
        b"1",
        b"1.5",
        b"-1.5",
        b".5",
        b"1.",
        b"",
        b"x",
        b"1e3",
        b"-",
        b"99999999999999999999",
        b"1.0000000001",
        b"-.5",
        b"1.x",
        b"1..5",
    ):
        yield f"the PAX time {time!r}", lambda time=time: tgz(pax(b"mtime=" + time), member("x/values.yaml", b"a: 1\n"))
    for record in (
        b"uid=x",
        b"uid=-1",
        b"gid=5",
        b"uname=\xff",
        b"linkpath=../x",
        b"comment=hello",
        b"SCHILY.xattr.user.a=b",
        b"atime=x",
        b"GNU.sparse.major=1",
        b"=empty",
        b"no equals sign",
        b"hdrcharset=BINARY",
        b"VENDOR.x=",
        b"path",
        b"charset=ISO-IR 8859 1 1998",
    ):
        yield f"the PAX record {record!r}", lambda record=record: tgz(pax(record), member("x/values.yaml", b"a: 1\n"))
    for raw in (
        b"",
        b"5 a=b\n",
        b"6 a=b\n",
        b"7 a=b\n",
        b"06 a=b\n",
        b" 6 a=b\n",
        b"+6 a=b\n",
        b"6 a=b\n\0\0\0",
        b"6 a=b\n6 a=b",
        b"-6 a=b\n",
        b"6\ta=b\n",
        b"99999999999999999999 a=b\n",
        b"4 =\n\n",
        b"6 a=bx",
        b"x a=b\n",
        b"\n",
        b"3 a",
    ):
        yield f"the PAX header {raw!r}", lambda raw=raw: tgz(pax(raw=raw), member("x/values.yaml", b"a: 1\n"))
    yield "a PAX header for nothing", lambda: tgz(pax(b"path=x/a"))
    yield "a PAX header of 2 MiB", lambda: tgz(pax(b"comment=" + b"x" * (2 * MIB)), member("x/a", b"1"))
    yield "a PAX header of 900 KiB", lambda: tgz(pax(b"comment=" + b"x" * (900 << 10)), member("x/a", b"1"))
    yield "a global PAX header", lambda: tgz(pax(b"comment=abc", kind=b"g"), member("x/a", b"1"))
    yield "a global PAX path", lambda: tgz(pax(b"path=../../x", kind=b"g"), member("x/a", b"1"))
    yield "a broken global PAX header", lambda: tgz(pax(raw=b"99 a=b\n", kind=b"g"), member("x/a", b"1"))
    yield "a global PAX header between a PAX header and its member", lambda: bare(
        pax(b"path=x/Chart.yaml"), pax(b"a=b", kind=b"g"), chart
    )
    yield "a PAX header of Solaris", lambda: bare(pax(b"path=x/Chart.yaml", kind=b"X"), chart)
    yield "a long name of GNU", lambda: tgz(gnu_long(b"x/" + b"n" * 300), member("x/a", b"1", magic=b"ustar  \0"))
    yield "a long name of GNU that climbs", lambda: tgz(
        gnu_long(b"x/../../" + b"n" * 300), member("x/a", b"1", magic=b"ustar  \0")
    )
    yield "a long name of GNU twice", lambda: bare(gnu_long(b"x/other"), gnu_long(b"x/Chart.yaml"), chart)
    yield "a long name of GNU and a PAX path", lambda: bare(gnu_long(b"x/other"), pax(b"path=x/Chart.yaml"), chart)
    yield "a long name of GNU for nothing", lambda: tgz(gnu_long(b"x/a"))
    yield "an empty long name of GNU", lambda: bare(gnu_long(b""), member("x/Chart.yaml", CHART_YAML))
    yield "a long link of GNU", lambda: tgz(
        gnu_long(b"x/target", kind=b"K"), member("x/a", b"", kind=b"2", link=b"t", magic=b"ustar  \0")
    )
    yield "a sparse file of GNU", gnu_sparse
    yield "a sparse file of PAX 1.0", lambda: pax_sparse(b"GNU.sparse.major=1", b"GNU.sparse.minor=0")
    yield "a sparse file of PAX 0.1", lambda: pax_sparse_old(b"0,3,1021,3")
    yield "a sparse file of PAX 0.1 with a broken map", lambda: pax_sparse_old(b"0,3,2")


def gnu_sparse():
    head = bytearray(header(b"x/sparse", 512, kind=b"S", magic=b"ustar  \0"))
    head[386:398], head[398:410] = b"%011o\0" % 0, b"%011o\0" % 512
    head[483:495] = b"%011o\0" % 4096
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return tgz(bytes(head) + b"s" * 512)


def pax_sparse(*records):
    data = b"1\n0\n5\n".ljust(512, b"\0") + b"a: 1\n"
    return tgz(
        pax(*records, b"GNU.sparse.name=x/values.yaml", b"GNU.sparse.realsize=5"),
        member("x/GNUSparseFile.0/values.yaml", data),
    )


def pax_sparse_old(sparse_map):
    records = (
        b"GNU.sparse.size=1024",
        b"GNU.sparse.numblocks=2",
        b"GNU.sparse.map=" + sparse_map,
        b"GNU.sparse.name=x/s",
    )
    return tgz(pax(*records), member("x/values.yaml", b"abcdef"))


def names():
    for name in (
        "../a",
        "x/../a",
        "x/../../a",
        "/a",
        "/x/a",
        "x//a",
        "x///a",
        "//x/a",
        "x/./a",
        "./x/a",
        "./a",
        "a",
        "Chart.yaml",
        "Chart.yaml/x",
        ".",
        "..",
        "x/.",
        "x/..",
        "x/a/..",
        "x/a/../b",
        "x/a/../..",
        "x/...",
        "x/..a",
        "x/a..",
        "x\\a",
        "x\\..\\a",
        "x\\\\a",
        "\\x\\a",
        "x/a\\b",
        "x\\a/b",
        "c:/a",
        "x/c:/a",
        "x/C:/a",
        "x/c:a",
        "x/1:/a",
        "x/cc:/a",
        "c:\\a",
        "x/ ",
        " /a",
        "x/a ",
        "",
        "/",
        "//",
        "\\",
        "x/\n",
        "x/\x01",
        "x/\x7f",
        "x/é",
        "x/a//",
        "x\\",
        "./Chart.yaml",
        "././x/a",
        "x/charts",
        "x/templates",
        "x/charts/",
        "x/charts/a",
        "x/charts/_a",
        "x/charts/.a",
        "x/charts/a.prov",
        "x/charts/a.tgz",
        "x/charts/a.tgz/b",
        "x/charts/a/b",
        "y/values.yaml",
    ):
        for form in ("1", "- wrong: for values\n"):
            if form == "1" or name.endswith("values.yaml"):
                yield f"a member called {name!r}", lambda name=name, form=form: tgz(member(name, form.encode()))
    yield "a member whose name is no UTF-8", lambda: tgz(member(b"x/\xff\xfe", b"1"))
    yield "a member called Chart.yaml alone", lambda: bare(member("Chart.yaml", CHART_YAML))
    yield "Chart.yaml in another folder", lambda: bare(member("x/y/Chart.yaml", CHART_YAML))
    yield "chart.yaml in lower case", lambda: bare(member("x/chart.yaml", CHART_YAML))
    yield "every member in another folder", lambda: bare(
        member("a/Chart.yaml", CHART_YAML), member("b/values.yaml", b"a: 1\n")
    )
    yield "an empty first component", lambda: bare(member("/Chart.yaml", CHART_YAML))
    yield "Chart.yaml twice", lambda: tgz(member("x/Chart.yaml", b"version: 2.0.0\ndescription: second\n"))
    yield "Chart.yaml twice, the second wrong", lambda: tgz(member("x/Chart.yaml", b"name: ['\n"))
    yield "Chart.yaml twice, as different paths", lambda: tgz(member("x/a/../Chart.yaml", b"version: 2.0.0\n"))
    yield "Chart.yaml with a byte order mark", lambda: bare(member("x/Chart.yaml", b"\xef\xbb\xbf" + CHART_YAML))
    yield "values.yaml twice, the first wrong", lambda: tgz(
        member("x/values.yaml", b"- a\n"), member("x/values.yaml", b"a: 1\n")
    )
    yield "values.yaml twice", lambda: tgz(member("x/values.yaml", b"a: 1\n"), member("x/values.yaml", b"b: 1\n"))
    yield "only a readme", lambda: bare(member("x/README.md", b"text"))
    yield "a chart named /", lambda: bare(member("x/Chart.yaml", b"apiVersion: v2\nname: /\nversion: 1.0.0\n"))


def kinds():
    for kind in (
        b"\0",
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
        b"5",
        b"6",
        b"7",
        b"8",
        b"A",
        b"D",
        b"M",
        b"N",
        b"V",
        b"Z",
        b"\xff",
        b" ",
    ):
        for data in (b"", b"- wrong\n"):
            yield f"values.yaml of type {kind!r} with {len(data)} bytes", lambda kind=kind, data=data: tgz(
                member("x/values.yaml", data, kind=kind, link=b"/etc/passwd" if kind in b"12" else b"")
            )
    yield "Chart.yaml as a symbolic link", lambda: bare(
        member("x/Chart.yaml", kind=b"2", link=b"y"), member("x/y", CHART_YAML)
    )
    yield "a file of the old type whose name ends in a slash", lambda: tgz(
        member("x/values.yaml/", b"- wrong\n", kind=b"\0", magic=b"")
    )
    yield "a file whose name ends in a slash", lambda: tgz(member("x/values.yaml/", b"- wrong\n"))
    yield "a folder with content", lambda: tgz(
        member("x/values.yaml", b"- wrong\n" * 100, kind=b"5"), member("x/a", b"1")
    )
    yield "a folder that climbs", lambda: tgz(member("../../x/", kind=b"5"))
    yield "folders alone", lambda: bare(member("x/", kind=b"5"))
    yield "nothing", lambda: bare()


def limits():
    yield "a file of 5 MiB", lambda: tgz(member("x/a", bytes(5 * MIB)))
    yield "a file of 5 MiB and a byte", lambda: tgz(member("x/a", bytes(5 * MIB + 1)))
    yield "a link that claims 5 MiB and a byte", lambda: tgz(header(b"x/a", 5 * MIB + 1, kind=b"2", link=b"y"))
    yield "a file that claims a terabyte", lambda: tgz(header(b"x/a", size_field=b"\x80\0\0\0\0\0\x01" + bytes(5)))
    yield "files of 95 MiB", lambda: many(19, 5 * MIB)
    yield "files of 100 MiB but for what stands in Chart.yaml", lambda: tgz(
        *(member("x/a", bytes(5 * MIB)) for _ in range(19)), member("x/b", bytes(5 * MIB - len(CHART_YAML)))
    )
    yield "files of 100 MiB but for a byte more than that", lambda: tgz(
        *(member("x/a", bytes(5 * MIB)) for _ in range(19)), member("x/b", bytes(5 * MIB - len(CHART_YAML) - 1))
    )
    yield "files of 105 MiB", lambda: many(21, 5 * MIB)
    yield "a bomb of 2 GiB", lambda: gzip.compress(
        tar(CHART, header(b"x/a", 2**31 - 1)) + bytes(8 * MIB)
    ) + gzip.compress(bytes(64 * MIB)) * 32
    yield "40,000 members", lambda: many(40_000)
    yield "100,000 members", lambda: many(100_000)
    yield "charts nested 5 deep", lambda: nested(5, False)
    yield "charts nested 5 deep, packed", lambda: nested(5, True)
    yield "charts nested 40 deep", lambda: nested(40, False)
    yield "charts nested 40 deep, packed", lambda: nested(40, True)


def mutations(seed, count):
    """Ordinary archives with a few bytes changed, before and after compression."""
    chance = random.Random(seed)
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in (
            ("x/Chart.yaml", CHART_YAML),
            ("x/é/" + "d" * 120 + "/values.yaml", b"a"),
            ("x/values.yaml", b"a: 1\n"),
            ("x/README.md", b"text\n" * 200),
        ):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000.5
            archive.addfile(info, io.BytesIO(data))
    plain = target.getvalue().rstrip(b"\0")
    plain += bytes(-len(plain) % 512) + END
    for number in range(count):
        data = bytearray(plain if chance.random() < 0.7 else gzip.compress(plain, mtime=0))
        packed = data[:2] == b"\x1f\x8b"
        # Most of a tar stream is filler; what stands at the start of a block matters.
        for _ in range(chance.choice([1, 1, 2, 5])):
            at = (
                chance.randrange(len(data))
                if packed
                else chance.randrange(len(data) // 512) * 512 + chance.randrange(512)
            )
            data[at] = chance.choice([chance.randrange(256), data[at] ^ 1 << chance.randrange(8), 0, 0x20, 0x30])
        if not packed and chance.random() < 0.7:
            repair(data)
        yield f"mutation {number} of seed {seed}", lambda data=bytes(data), packed=packed: (
            data if packed else gzip.compress(data)
        )


def repair(data):
    """Rights the check sums of what looks like a header, so that the change behind it counts."""
    for at in range(0, len(data) - 511, 512):
        if data[at + 257 : at + 262] == b"ustar":
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
