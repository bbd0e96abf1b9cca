"""What the benchmarks measure with: a server in a process of its own, its CPU, and a fast asker.

Rates on a shared machine wander; CPU per request of the server process, and its ratio to a limit
that was measured a second before in the same run, do not. Everything is said in such ratios.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO

HERE = Path(__file__).resolve().parent
CLIENTS = 8
PATIENCE_SECONDS = 60


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Server:
    """A server that answers on a port of this machine."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """Return the CPU seconds of all its threads and children so far, to the nanosecond."""
        return sum(_cpu_of(process) for process in _family(self.process.pid))

    def memory(self) -> float:
        """Return MiB of memory in use by the process that serves."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


def _cpu_of(pid: int) -> float:
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


@contextmanager
def running(
    words: Sequence[str], *, port: int, path: str = "/", env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server until the block ends; it has answered one page when the block begins."""
    with tempfile.TemporaryFile() as said:  # a pipe that nobody reads would hold the server up
        process = subprocess.Popen(
            words, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            wait_for(port, path, process, said)
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE_SECONDS)


def wait_for(
    port: int, path: str, process: subprocess.Popen[bytes], said: IO[bytes] | None = None
) -> float:
    """Return the seconds until the first page was there."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_SECONDS:
        try:
            status, _, _ = asked(port, path)
        except OSError:
            assert process.poll() is None, said and (said.seek(0) or said.read().decode()[-2000:])
            time.sleep(0.003)
        else:
            assert status == 200, (path, status)
            return time.perf_counter() - began
    message = f"nothing answers on {port}"
    raise TimeoutError(message)


def asked(port: int, path: str, headers: str = "") -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of one answer."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(_request(port, path, headers))
        return _answer(connection, bytearray())


def _request(port: int, path: str, headers: str = "", method: str = "GET", body: str = "") -> bytes:
    sent = body.encode()
    more = f"Content-Length: {len(sent)}\r\n" if sent else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
        f"Accept-Language: zh-CN,zh;q=0.9\r\n{more}{headers}\r\n"
    ).encode() + sent


def _answer(connection: socket.socket, buffer: bytearray) -> tuple[int, dict[str, str], bytes]:
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        got = connection.recv(65536)
        if not got:
            raise ConnectionError
        buffer += got
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
    status = int(first.split()[1])
    length = 0 if status in {204, 304} else int(headers.get("content-length", 0))
    del buffer[: end + 4]
    while len(buffer) < length:
        buffer += connection.recv(65536)
    body = bytes(buffer[:length])
    del buffer[:length]
    return status, headers, body


@dataclass(frozen=True)
class Load:
    """What a while of asking came to; times in milliseconds, CPU of the server."""

    answers: int
    seconds: float
    cpu_ms: float
    p50: float
    p95: float
    wrong: int

    @property
    def rate(self) -> float:
        """Return answers per second."""
        return self.answers / self.seconds


def loaded(
    server: Server, requests: Sequence[bytes], *, seconds: float, clients: int = CLIENTS
) -> Load:
    """Ask for the same requests in turn over a few kept connections, from another process."""
    given = json.dumps(
        {
            "port": server.port,
            "seconds": seconds,
            "clients": clients,
            "requests": [one.decode("latin-1") for one in requests],
        }
    )
    before = server.cpu()
    said = subprocess.run(
        [sys.executable, str(HERE / "measuring.py")], input=given, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    spent = server.cpu() - before
    times, wrong, lasted = json.loads(said.stdout)
    times.sort()
    assert times, said.stderr
    return Load(
        answers=len(times),
        seconds=lasted,
        cpu_ms=spent * 1000 / len(times),
        p50=times[len(times) // 2] * 1000,
        p95=times[int(len(times) * 0.95)] * 1000,
        wrong=wrong,
    )


def page(port: int, path: str, headers: str = "") -> bytes:
    """Return a request for a page as ``loaded`` sends it."""
    return _request(port, path, headers)


def form(port: int, path: str, body: str) -> bytes:
    """Return a request that sends a form."""
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return _request(port, path, kind, "POST", body)


def middle(values: Sequence[float]) -> float:
    return median(values)


def _ask() -> None:
    given = json.loads(sys.stdin.read())
    requests = [one.encode("latin-1") for one in given["requests"]]
    began = time.perf_counter()
    until = began + given["seconds"]
    times: list[float] = []
    wrong: list[int] = []

    def client(place: int) -> None:
        number, own = place, []
        with socket.create_connection(("127.0.0.1", given["port"]), 10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            buffer = bytearray()
            while (now := time.perf_counter()) < until:
                connection.sendall(requests[number % len(requests)])
                status, _, _ = _answer(connection, buffer)
                own.append(time.perf_counter() - now)
                if status not in {200, 303, 304}:
                    wrong.append(status)
                number += given["clients"]
        times.extend(own)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(given["clients"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([times, len(wrong), time.perf_counter() - began]))


if __name__ == "__main__":
    _ask()
