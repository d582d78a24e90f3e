#!/usr/bin/env python3
"""Reads a data directory as a node wrote it, by sections 13 and 14 of docs/FORMAT.md alone.

    python3 directory.py FOLDER ROSTER TRUSTED

ROSTER is the file of the signed roster, TRUSTED a root key in hexadecimal digits. Prints each chain with its size, root and batches,
how many bytes of a torn tail were passed over, and how many facts of each kind the journal holds: exit code 0. Or the rule that is
broken and where: exit code 1. Nothing is written.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import blake3
import ledger
from ledger import Refused, check

TORN = ("FrameFault::Truncated", "FrameFault::Header", "FrameFault::Checksum")
JOURNAL_KINDS = {1: "HeadSeen", 2: "ForkEvidence", 3: "Roster", 4: "CosignatureGiven", 5: "CosignatureReceived",
                 9: "ForkFile"}
JOURNAL_CONTENT_MAX = 524288


def read_format(data):
    """The chains that the file `format` names, in its order."""
    text = data.decode("ascii")
    body, found = text[:text.rfind("checksum ")], re.search(r"checksum ([0-9a-f]{64})\n\Z", text)
    check(found is not None, "the last line is no checksum")
    check(blake3.derive("yizhang 2026-11-23 v1 store format file", body.encode()).hex() == found[1], "FrameFault::Checksum")
    first, *lines = body.splitlines()
    check(first == "yizhang-store 1", "another form than yizhang-store 1")
    check(all(line.startswith("chain ") for line in lines), "a line that names no chain")
    return [line.removeprefix("chain ") for line in lines]


class ChainReader:
    """The frames of all files of one chain, read as one sequence."""

    def __init__(self, origin, roster):
        self.chain, self.roster, self.torn_bytes = ledger.Chain(origin), roster, 0
        # The batch whose head has not come yet.
        self.waiting = None

    def read(self, folder):
        files = sorted(path for path in folder.iterdir() if re.fullmatch(r"[0-9]{20}\.seg", path.name))
        for path in files:
            try:
                self.file(path, is_last=path == files[-1])
            except Refused as fault:
                raise Refused(f"{path.name}: {fault}") from None

    def file(self, path, is_last):
        data, at = path.read_bytes(), 0
        try:
            self.header(data[:128], path)
            at = 128
            while at < len(data):
                frame, end = ledger.read_frame(data, at)
                self.frame(frame)
                at = end
        except Refused as fault:
            # A torn tail: in the last file, a frame that is not whole, and no whole frame behind it.
            if not is_last or str(fault) not in TORN or has_frame(data, at + 1):
                raise
            self.torn_bytes = len(data) - at

    def header(self, data, path):
        segment = ledger.read_segment(data, self.chain.origin)
        size = len(self.chain.leaves) + (len(self.waiting.leaves) if self.waiting else 0)
        check(int(segment["first"]) == int(path.stem), "FrameFault::Foreign")
        check(int(segment["first"]) == size, "the file does not start where the one before it ends")

    def frame(self, frame):
        if frame["kind"] == "Batch":
            self.batch(frame)
        else:
            self.head(frame)

    def batch(self, frame):
        check(self.waiting is None, "the head of the batch before is absent")
        batch = ledger.Batch(bytes.fromhex(frame["content"]))
        check(int(frame["position"]) == batch.first, "the frame names another leaf than its batch")
        check(frame["entries"] == len(batch.ends), "the frame counts other entries than its batch has")
        check(frame["offsets"] == batch.ends[15::16], "the offsets are not those of the batch")
        self.waiting = batch

    def head(self, frame):
        check(self.waiting is not None, "a head without a batch, or a second one behind it")
        self.chain.follow(self.waiting, bytes.fromhex(frame["content"]), self.roster)
        check(int(frame["position"]) == len(self.chain.leaves), "the frame names another size than its head")
        self.waiting = None

    def fields(self):
        chain = self.chain.fields()
        return {
            "origin": self.chain.origin, "size": chain["size"], "root": chain["root"], "batches": chain["batches"],
            "without_head": self.waiting is not None, "torn_bytes": self.torn_bytes,
        }


def has_frame(data, start):
    return any(is_whole(ledger.read_frame, data, at) for at in places(b"YZFR", data, start))


def places(magic, data, start):
    at = data.find(magic, start)
    while at >= 0:
        yield at
        at = data.find(magic, at + 1)


def is_whole(read, data, at):
    try:
        read(data, at)
    except Refused:
        return False
    return True


def journal_checksum(data):
    return blake3.derive("yizhang 2026-11-23 v1 store journal checksum", data)[:16]


def read_journal_entry(data, start):
    header = data[start:start + 28]
    check(len(header) == 28, "FrameFault::Truncated")
    length = int.from_bytes(header[8:12], "little")
    check(header[:4] == b"YZJR" and header[5:8] == bytes(3) and length <= JOURNAL_CONTENT_MAX, "FrameFault::Header")
    content = data[start + 28:start + 28 + length]
    check(len(content) == length, "FrameFault::Truncated")
    check(journal_checksum(header[:12] + content) == header[12:], "FrameFault::Checksum")
    return (header[4], content), start + 28 + length


def read_journal_file(data, number, is_last):
    """The entries of a file of the journal, and how many bytes at its end are a torn tail."""
    entries, at = [], 0
    try:
        check(len(data) >= 32, "FrameFault::Truncated")
        header = bytes.fromhex("595a4a4e4c00010a") + number.to_bytes(8, "little")
        check(data[:32] == header + journal_checksum(header), "FrameFault::Header")
        at = 32
        while at < len(data):
            entry, at = read_journal_entry(data, at)
            entries.append(entry)
    except Refused:
        found = any(is_whole(read_journal_entry, data, later) for later in places(b"YZJR", data, at + 1))
        if not is_last or found:
            raise
    return entries, len(data) - at


def check_evidence(content):
    """Two heads that a node kept: the one that it held (or nothing), and the one that contradicts it."""
    check(len(content) >= 5 and content[0] in (0, 1), "the evidence does not say whether it proves a fork")
    length = int.from_bytes(content[1:5], "little")
    check(len(content) >= 5 + length, "the evidence ends within its first head")
    first, second = content[5:5 + length], content[5 + length:]
    if first:
        ledger.Note(first)
    ledger.Note(second)


def check_evidence_file(content, roster):
    """An evidence file (section 14) of two heads of two sizes."""
    check(len(content) <= 4096, "ForkFault::TooLarge")
    lines, heads = re.match(rb"((?:[^\n]*\n)*?)(head .*)\Z", content, re.DOTALL).groups()
    header, beginning, *path = lines.decode("ascii").splitlines()
    form = "ForkFault::Form"
    check(header == "yizhang-evidence/v1" and re.fullmatch("root [0-9a-f]{64}", beginning), form)
    check(len(path) <= 64 and all(re.fullmatch("path [0-9a-f]{64}", line) for line in path), form)
    found = []
    while heads:
        length = re.match(rb"head ([1-9][0-9]*)\n", heads)
        check(length is not None, form)
        end = length.end() + int(length[1])
        check(end <= len(heads), form)
        found.append(ledger.Head(heads[length.end():end], roster))
        heads = heads[end:]
    check(len(found) == 2, form)
    smaller, larger = found
    check(smaller.origin == larger.origin, "ForkFault::TwoChains")
    check(smaller.size < larger.size, "ForkFault::Order")
    root, *path = (bytes.fromhex(line[5:]) for line in (beginning, *path))
    ledger.verify_consistency(smaller.size, larger.size, root, larger.root, path)
    check(root != smaller.root, "ForkFault::NoContradiction")


def read_journal(folder, roster):
    kinds, torn = Counter(), 0
    files = sorted(path for path in folder.iterdir() if re.fullmatch(r"[0-9]{20}\.jnl", path.name)) if folder.is_dir() else []
    for path in files:
        try:
            entries, torn = read_journal_file(path.read_bytes(), int(path.stem), path == files[-1])
            for kind, content in entries:
                if kind == 2:
                    check_evidence(content)
                if kind == 9:
                    check_evidence_file(content, roster)
                kinds[JOURNAL_KINDS.get(kind, str(kind))] += 1
        except Refused as fault:
            raise Refused(f"journal/{path.name}: {fault}") from None
    return {"entries": dict(sorted(kinds.items())), "torn_bytes": torn}


def main(folder, roster, trusted):
    folder = Path(folder)
    roster = ledger.Roster(Path(roster).read_bytes(), [bytes.fromhex(trusted)], 1)
    chains = []
    for origin in read_format((folder / "format").read_bytes()):
        reader = ChainReader(origin, roster)
        place = folder / "chains" / origin[-6:]
        if place.is_dir():
            reader.read(place)
        chains.append(reader.fields())
    print(json.dumps({"chains": chains, "journal": read_journal(folder / "journal", roster)}))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refused as fault:
        sys.exit(str(fault))
