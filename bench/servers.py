"""Waitress against granian in front of the same small Flask page: rate, memory, 400 slow clients.

Run: .venv/bin/python bench/servers.py   (loopback only; about a minute; numbers are for comparing
the two within one run, not with other machines)
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = 8461
SECONDS = 4
CLIENTS = 8
SLOW_CLIENTS = 400
PAGE = """
from flask import Flask
app = Flask(__name__)

@app.get("/")
def page():
    return "<p>" + "灯梁 " * 500 + "</p>"
"""
WAITRESS = f"""
import page, waitress
waitress.serve(page.app, host="127.0.0.1", port={PORT}, threads=8, connection_limit=1000,
               asyncore_use_poll=True, ident=None, _quiet=True)
"""
GRANIAN = f"""-m granian --interface wsgi --host 127.0.0.1 --port {PORT} --workers 1
--blocking-threads 8 --no-ws --no-log page:app"""
SERVERS = {"waitress": ["-c", WAITRESS], "granian": GRANIAN.split()}


@contextmanager
def running(arguments: list[str], folder: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=15)


def memory_kib(session: int) -> int:
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
            if int(fields[3]) != session:
                continue
            for line in (entry / "status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    total += int(line.split()[1])
        except (OSError, IndexError):
            continue
    return total


def cpu_seconds(session: int) -> float:
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
            except (OSError, IndexError):
                continue
            if int(fields[3]) == session:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(seconds: float, clients: int) -> tuple[int, int]:
    """Ask for the page from several keep-alive clients; return (answered well, failed)."""
    counts = [[0, 0] for _ in range(clients)]
    until = time.monotonic() + seconds

    def ask(place: int) -> None:
        connection = None
        while time.monotonic() < until:
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                counts[place][0 if answer.status == 200 else 1] += 1
            except OSError:
                counts[place][1] += 1
                connection = None

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(c[0] for c in counts), sum(c[1] for c in counts)


def slow_clients(count: int) -> list[socket.socket]:
    """Open connections that have begun a request and never finish it."""
    sockets = []
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", PORT), 5)
        one.sendall(b"POST / HTTP/1.1\r\nHost: slow\r\nContent-Length: 100000\r\n\r\nx")
        sockets.append(one)
    return sockets


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.py").write_text(PAGE, encoding="utf-8")
        print("server        req/s   CPU ms  RSS MiB  with 400 slow: req/s  failed")
        for round_ in range(3):
            for name, arguments in SERVERS.items():
                with running(arguments, folder) as process:
                    load(0.5, CLIENTS)
                    before = cpu_seconds(process.pid)
                    good, _ = load(SECONDS, CLIENTS)
                    cpu = (cpu_seconds(process.pid) - before) * 1000 / max(good, 1)
                    memory = memory_kib(process.pid) / 1024
                    held = slow_clients(SLOW_CLIENTS)
                    slow_good, slow_bad = load(SECONDS, CLIENTS)
                    for one in held:
                        one.close()
                print(
                    f"{name:<10}{good / SECONDS:>9.0f}{cpu:>9.2f}{memory:>9.0f}"
                    f"{slow_good / SECONDS:>22.0f}{slow_bad:>8}   round {round_ + 1}"
                )


if __name__ == "__main__":
    main()
