#!/usr/bin/env python3
"""Huntsman beside its peers, in one run, as ratios.

    cargo build --release && pip install duckdb duckdb-cli
    benches/compare.py ingest FILE…          EVTX: beside a bare decode loop; NDJSON: beside DuckDB's reader with every key kept
    benches/compare.py queries RECORDS       ten questions over a generated store, beside DuckDB on the same Parquet files

Each comparison runs A B A B … five times after a warm-up and prints the medians and the median of the ratios pair by pair (Huntsman / peer: below 1 is
faster). Both are whole processes, start-up included, both have two threads, and both write their answer to a pipe.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HUNTSMAN = pathlib.Path(os.environ.get("HUNTSMAN", ROOT / "target" / "release" / "huntsman"))
WORK = pathlib.Path(os.environ.get("BENCH_DIR", tempfile.gettempdir())) / "huntsman-bench"
PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))


def run(command, **options):
    """Seconds, peak memory in MiB and output of one process."""
    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    out, err = process.communicate()
    seconds = time.perf_counter() - before
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(map(str, command))}\n{err}")
    return seconds, out


def peak_of(command):
    """Peak memory in MiB of one more run, from the kernel's accounting of the finished child."""
    pid = os.fork()
    if pid == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execv(str(command[0]), [str(word) for word in command])
    _, _, usage = os.wait4(pid, 0)
    return usage.ru_maxrss / 1024


def pairs(ours, theirs):
    """Medians of both and of their ratio, from alternating runs."""
    ours(), theirs()
    times = [(ours(), theirs()) for _ in range(PAIRS)]
    return (statistics.median(a for a, _ in times), statistics.median(b for _, b in times), statistics.median(a / b for a, b in times))


def bench_target(name):
    """The compiled program of a bench target."""
    out = subprocess.run(["cargo", "bench", "--no-run", "--bench", name, "--message-format", "json"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = [json.loads(line) for line in out.splitlines() if '"executable"' in line]
    return next(item["executable"] for item in found if item.get("target", {}).get("name") == name and item.get("executable"))


def ingest(files):
    files = [pathlib.Path(file).resolve() for file in files]
    size = sum(file.stat().st_size for file in files) / 1e6
    store = WORK / "ingested"

    def ours():
        shutil.rmtree(store, ignore_errors=True)
        seconds, out = run([HUNTSMAN, "ingest", *files, "--store", store, "--format", "json"])
        ours.records = json.loads(out)["records"]
        return seconds

    if files[0].read_bytes()[:8] == b"ElfFile\0":
        decode = bench_target("decode")
        peer = "bare decode loop"
        theirs = lambda: run([decode, *files])[0]
    else:
        peer = "DuckDB, every key kept"
        script = (
            "import duckdb,sys;c=duckdb.connect();c.execute('set threads=2');"
            "c.execute(\"copy (select * from read_json(?, format='newline_delimited', sample_size=-1, maximum_object_size=67108864)) to '%s' (format parquet, compression zstd)\" % sys.argv[1], [sys.argv[2:]])"
        )
        theirs = lambda: run([sys.executable, "-c", script, str(WORK / "peer.parquet"), *map(str, files)])[0]
    WORK.mkdir(parents=True, exist_ok=True)
    a, b, ratio = pairs(ours, theirs)
    shutil.rmtree(store, ignore_errors=True)
    peak = peak_of([HUNTSMAN, "ingest", *files, "--store", store])
    shutil.rmtree(store, ignore_errors=True)
    print(f"{size:.0f} MB, {ours.records:,} records: Huntsman {a:.2f} s ({size / a:.1f} MB/s, {ours.records / a:,.0f} records/s, peak {peak:.0f} MiB), {peer} {b:.2f} s, ratio {ratio:.2f}")


# A question, its playbook expression, and the same in SQL. `{process}` and the like are the table's files.
QUESTIONS = [
    ("stack of parents and children", 'Client("all", all_time()).get_executions(#{ operation: "create" }).stack(["ParentFilename", "ChildFilename"])',
     "select lower(ParentFilename), lower(ChildFilename), count(*), count(distinct Muid), min(DateTime), max(DateTime) from {process} where Operation = 'create' group by 1, 2 order by 3"),
    ("encoded PowerShell, regular expression", r'Client("all", all_time()).get_executions(#{ operation: "create" }).filter(|e| e.CommandLine.matches("\\s-e(nc|ncodedcommand|c)?\\s+[a-z0-9+/=]{40,}")).count()',
     r"select count(*) from {process} where Operation = 'create' and regexp_matches(CommandLine, '\s-e(nc|ncodedcommand|c)?\s+[a-z0-9+/=]{40,}', 'i')"),
    ("any of twelve words in command lines", 'Client("all", all_time()).get_executions(#{ operation: "create" }).filter(|e| e.CommandLine.contains(["mimikatz", "sekurlsa", "minidump", "domain admins", "whoami /all", "vssadmin", "procdump", "invoke-expression", "downloadstring", "bitsadmin", "certutil -urlcache", "-w hidden"])).count()',
     "select count(*) from {process} where Operation = 'create' and (" + " or ".join(f"contains(lower(CommandLine), '{word}')" for word in ["mimikatz", "sekurlsa", "minidump", "domain admins", "whoami /all", "vssadmin", "procdump", "invoke-expression", "downloadstring", "bitsadmin", "certutil -urlcache", "-w hidden"]) + ")"),
    ("rarest programs", 'Client("all", all_time()).get_executions(#{ operation: "create" }).rare("ChildPath", 20)',
     "select lower(ChildPath), count(*), count(distinct Muid), min(DateTime), max(DateTime) from {process} where Operation = 'create' group by 1 order by 2, 1 limit 20"),
    ("top public destinations", 'Client("all", all_time()).get_communications(#{ iptype: "Public" }).top("RemoteIp", 20)',
     "select lower(RemoteIp), count(*), count(distinct Muid), min(DateTime), max(DateTime) from {network} where Ipv4Status = 'Public' group by 1 order by 2 desc, 1 limit 20"),
    ("connections by hour and program", 'Client("all", all_time()).get_communications(#{ histogram: Histogram(#{ by: "ParentFilename", interval: "1h", fill: false }) })',
     "select time_bucket(interval '1 hour', DateTime), lower(ParentFilename), count(*) from {network} group by 1, 2 order by 1, 2"),
    ("lsass opened with dump rights", 'Client("all", all_time()).get_executions(#{ operation: "access", file: "lsass.exe" }).filter(|e| e.GrantedAccess.has_bits(0x10)).group_by(["ParentFilename", "GrantedAccess"]).count()',
     "select lower(ParentFilename), GrantedAccess, count(*) from {process} where Operation = 'access' and lower(ChildFilename) = 'lsass.exe' and (GrantedAccess & 16) = 16 group by 1, 2 order by 1, 2"),
    ("one machine, one day", 'Machine("WS007").get_executions(#{ operation: "create", period: TimePeriod("2026-01-10") }).filter(|e| e.ParentFilename == "winword.exe").count()',
     "select count(*) from {process} where Machine = 'WS007' and Operation = 'create' and DateTime >= '2026-01-10' and DateTime < '2026-01-11' and lower(ParentFilename) = 'winword.exe'"),
    ("names looked up, by ending", 'Client("all", all_time()).get_dns().filter(|e| e.Query.ends_with(".example") && !e.Query.like("*.contoso.*")).group_by(["Query"]).agg(#{ n: count(), machines: n_unique("Muid") })',
     "select lower(Query), count(*), count(distinct Muid) from {dns} where lower(Query) like '%.example' and not (lower(Query) like '%.contoso.%') group by 1 order by 1"),
    ("failed logons by user and machine", 'Client("all", all_time()).get_logons(#{ operation: "logon" }).filter(|e| e.Outcome == "failure").group_by(["TargetUser"]).agg(#{ n: count(), machines: n_unique("Muid"), first: min("DateTime") })',
     "select lower(TargetUser), count(*), count(distinct Muid), min(DateTime) from {logon} where Operation = 'logon' and Outcome = 'failure' group by 1 order by 1"),
]


def queries(records):
    import duckdb_cli

    duckdb = pathlib.Path(duckdb_cli.__file__).parent / "duckdb"
    WORK.mkdir(parents=True, exist_ok=True)
    raw, store = WORK / f"events-{records}.ndjson", WORK / f"store-{records}"
    if not (store / "manifest.json").exists():
        run([bench_target("generate"), raw, records])
        seconds, _ = run([HUNTSMAN, "ingest", raw, "--store", store])
        print(f"ingested {raw.stat().st_size / 1e6:,.0f} MB of {int(records):,} records in {seconds:.0f} s")
        raw.unlink()
    print("| question | Huntsman | DuckDB | ratio | peaks |\n|---|---|---|---|---|")
    for name, expression, sql in QUESTIONS:
        for table in ["process", "network", "dns", "logon"]:
            sql = sql.replace("{" + table + "}", f"read_parquet('{store}/{table}/**/*.parquet')")
        ours = [HUNTSMAN, "eval", expression, "--source", store, "--format", "json"]
        theirs = [duckdb, "-json", "-c", f"set threads = 2; {sql}"]
        a, b, ratio = pairs(lambda: run(ours)[0], lambda: run(theirs)[0])
        print(f"| {name} | {a:.2f} s | {b:.2f} s | {ratio:.2f} | {peak_of(ours):.0f} and {peak_of(theirs):.0f} MiB |", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ingest", *files] if files:
            ingest(files)
        case ["queries", records]:
            queries(records)
        case _:
            sys.exit(__doc__)
