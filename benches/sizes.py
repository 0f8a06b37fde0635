#!/usr/bin/env python3
"""Ingest of ever larger logs: seconds, rate and peak memory, which must stay below 1 GiB and grow no faster than the log.

    cargo build --release && benches/sizes.py [MEGABYTES…]      10, 500 and 5000 without any

The records are generated, and all that was written is removed at the end. HUNTSMAN and GENERATE name programs that are there already, instead of the
release build and `cargo bench --bench generate`; BENCH_DIR another disk: the largest needs 8 GB.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HUNTSMAN = pathlib.Path(os.environ.get("HUNTSMAN", ROOT / "target" / "release" / "huntsman"))
LIMIT = 1024
# Of the rate over the smallest log that takes a second.
SLOWER = 1.5


def peak_of(command):
    """Seconds, and the peak memory in MiB by the kernel's accounting of the finished child."""
    before = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.execv(str(command[0]), [str(word) for word in command])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - before, usage.ru_maxrss / 1024


def generator():
    """The compiled program that generates records."""
    command = ["cargo", "bench", "--locked", "--no-run", "--bench", "generate", "--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return next(built["executable"] for built in map(json.loads, lines) if built.get("executable") and built["target"]["name"] == "generate")


def generate(program, log, megabytes):
    """A log of about so many megabytes; how many records it has."""
    subprocess.run([program, log, "2000"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    records = int(megabytes * 1e6 * 2000 / log.stat().st_size)
    subprocess.run([program, log, str(records)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return records


def main():
    sizes = [float(word) for word in sys.argv[1:]] or [10, 500, 5000]
    work = pathlib.Path(tempfile.mkdtemp(prefix="huntsman-sizes-", dir=os.environ.get("BENCH_DIR")))
    failures, first = [], None
    try:
        program, log, store = os.environ.get("GENERATE") or generator(), work / "log.ndjson", work / "store"
        print(f"{'MB':>8} {'records':>10} {'seconds':>8} {'MB/s':>8} {'peak MiB':>9} {'store MB':>9}")
        for size in sizes:
            records = generate(program, log, size)
            megabytes = log.stat().st_size / 1e6
            seconds, peak = peak_of([HUNTSMAN, "ingest", log, "--store", store, "--quiet"])
            stored = sum(file.stat().st_size for file in store.rglob("*") if file.is_file()) / 1e6
            print(f"{megabytes:8.0f} {records:10} {seconds:8.1f} {megabytes / seconds:8.1f} {peak:9.0f} {stored:9.0f}", flush=True)
            if peak > LIMIT:
                failures.append(f"{megabytes:.0f} MB: {peak:.0f} MiB are more than {LIMIT}")
            if first and first / (megabytes / seconds) > SLOWER:
                failures.append(f"{megabytes:.0f} MB: {first / (megabytes / seconds):.1f} times slower by the megabyte")
            if seconds > 1:
                first = first or megabytes / seconds
            log.unlink()
            shutil.rmtree(store)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit("\n".join(failures) or 0)


main()
