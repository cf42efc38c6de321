"""What the log does, done by SQLite (WAL, synchronous=FULL) on the same disk: `sqlite.py DATABASE JOB ARGUMENTS…`.

Prints one figure a line: its name, a tab, its value. Called by the benchmark beside it; needs Python's own modules only.
"""

import os
import random
import sqlite3
import sys
import time

path, job, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]


def open_database():
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute(
        "CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY, time INTEGER, channel TEXT, source TEXT, text TEXT)"
    )
    return base


def told(name, value):
    print(f"{name}\t{value}")


def words(times):
    times.sort()

    def at(percent):
        return times[max(0, -(-len(times) * percent // 100) - 1)] * 1000

    return f"p50 {at(50):.2f} ms  p99 {at(99):.2f} ms  max {at(100):.2f} ms"


INSERT = "INSERT INTO lines (time, channel, source, text) VALUES (?, ?, ?, ?)"
ROW = (1735689600000, "#room", "alice!~alice@192.0.2.1", "x" * 64)


def pace(rate, seconds):
    """Single rows, each committed, at a quiet pace."""
    base, times = open_database(), []
    begun = time.perf_counter()
    for n in range(rate * seconds):
        time.sleep(max(0, begun + n / rate - time.perf_counter()))
        since = time.perf_counter()
        base.execute("BEGIN")
        base.execute(INSERT, ROW)
        base.execute("COMMIT")
        times.append(time.perf_counter() - since)
    told("pace", words(times))


def flood(group, seconds):
    """As many rows as there can be, this many committed together."""
    base, rows = open_database(), [ROW] * group
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        base.execute("BEGIN")
        base.executemany(INSERT, rows)
        base.execute("COMMIT")
        count += group
    told("rate", round(count / (time.perf_counter() - begun)))


def rows_of(folder, begin):
    """The lines of a log: `@time=…;msgid=…;c=… :source PRIVMSG #channel :text`, one a millisecond from `begin` on."""
    number = 0
    for name in sorted(os.listdir(folder)):
        if name.endswith(".irc"):
            with open(os.path.join(folder, name), encoding="utf-8", newline="\r\n") as segment:
                for line in segment:
                    _, source, _, channel, text = line.split(" ", 4)
                    number += 1
                    yield (number, begin + number, channel, source[1:], text[1:-2])


def load(folder, begin):
    """All lines of a log, and the indexes that history needs."""
    base, since = open_database(), time.perf_counter()
    base.execute("BEGIN")
    base.execute("DELETE FROM lines")
    base.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", rows_of(folder, begin))
    base.execute("CREATE INDEX by_channel ON lines (channel, time)")
    base.execute("COMMIT")
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    told("seconds", round(time.perf_counter() - since))
    told("bytes", os.path.getsize(path))


def forget():
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def pages(begin, end, count, cold):
    """100 rows of a channel before a random moment."""
    # The memory that SQLite has by default is 2 MB; the log has none at all but the system's, nor should this be slower.
    base, chance = open_database(), random.Random(7)
    query = "SELECT time, source, text FROM lines WHERE channel = ? AND time < ? ORDER BY time DESC LIMIT 100"
    for channel in ("#busy", "#rare", "#silent"):
        times = []
        for _ in range(count):
            if cold:
                base.close()
                forget()
                base = open_database()
            since = time.perf_counter()
            base.execute(query, (channel, chance.randint(begin, end))).fetchall()
            times.append(time.perf_counter() - since)
        told(channel, words(times))


def search(word):
    base, best = open_database(), []
    for _ in range(3):
        since = time.perf_counter()
        found = base.execute("SELECT count(*) FROM lines WHERE text LIKE ?", (f"%{word}%",)).fetchone()[0]
        best.append(time.perf_counter() - since)
    told("search", f"{min(best) * 1000:.0f} ms (LIKE), {found} hits")


if job == "version":
    told("version", sqlite3.sqlite_version)
elif job == "pace":
    pace(int(arguments[0]), int(arguments[1]))
elif job == "flood":
    flood(int(arguments[0]), int(arguments[1]))
elif job == "load":
    load(arguments[0], int(arguments[1]))
elif job == "pages":
    pages(int(arguments[0]), int(arguments[1]), int(arguments[2]), arguments[3] == "cold")
elif job == "search":
    search(arguments[0])
