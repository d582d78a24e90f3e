"""Receipt files and evidence files, by docs/FORMAT.md, section 14."""

import re

import ledger
from ledger import Refused, check, read_as

RECEIPT_BYTES, EVIDENCE_BYTES, RANGE_HASHES = 84956, 4096, 126
NUMBER = "(0|[1-9][0-9]{0,19})"


class Lines:
    """A text but for the heads in it; whatever is not of the form is `form`."""

    def __init__(self, data, form):
        self.rest, self.form = data, form

    def line(self, pattern, optional=False):
        first, newline, rest = self.rest.partition(b"\n")
        try:
            match = re.fullmatch(pattern, first.decode("utf-8")) if newline else None
        except UnicodeDecodeError:
            match = None
        check(match or optional, self.form)
        if match:
            self.rest = rest
        return match

    def number(self, word):
        value = int(self.line(f"{word} {NUMBER}")[1])
        check(value < 2**64, self.form)
        return value

    def hashes(self, word):
        found = []
        while match := self.line(f"{word} ([0-9a-f]{{64}})", optional=True):
            found.append(bytes.fromhex(match[1]))
        return found

    def head(self):
        length = self.number("head")
        check(length <= len(self.rest), self.form)
        head, self.rest = self.rest[:length], self.rest[length:]
        return head

    def end(self):
        check(not self.rest, self.form)


class Receipt:
    """That a chain holds the records of a submission."""

    def __init__(self, data):
        check(len(data) <= RECEIPT_BYTES, "ReceiptFault::TooLarge")
        lines = Lines(data, "ReceiptFault::Form")
        lines.line("yizhang-receipt/v1")
        lines.line("submission [0-9a-f]{32}")
        self.first, self.records = lines.number("first"), lines.number("records")
        lines.number("roster")
        self.inside, self.outside = lines.hashes("inside"), lines.hashes("outside")
        check(max(len(self.inside), len(self.outside)) <= RANGE_HASHES, "ReceiptFault::Form")
        self.head = lines.head()
        lines.end()

    def verify(self, roster):
        head = read_as("ReceiptFault::Head", ledger.Head, self.head, roster)
        check(not roster.doubts(head), "ReceiptFault::InDoubt")
        end = self.first + self.records
        check(self.first < end <= head.size, "ReceiptFault::Range/ProofFault::OutOfRange")
        root = read_as("ReceiptFault::Range", self.root, head.size, end)
        check(root == head.root, "ReceiptFault::Range/ProofFault::RootMismatch")
        note = ledger.Note(self.head)
        mirrors, witnesses = (
            read_as("ReceiptFault::Cosignature", roster.promises, note, head.origin, kind) for kind in ("mirror", "witness")
        )
        return {"chain": head.origin, "size": head.size, "first": self.first, "records": self.records, "mirrors": mirrors, "witnesses": witnesses}

    def root(self, size, end):
        """The root of a tree that falls apart into the two lists."""
        inside, outside = iter(self.inside), iter(self.outside)

        def part(low, high):
            if low >= self.first and high <= end:
                return next(inside, None)
            if high <= self.first or low >= end:
                return next(outside, None)
            middle = low + (1 << (high - low - 1).bit_length() - 1)
            left, right = part(low, middle), part(middle, high)
            check(left is not None and right is not None, "ProofFault::PathLength")
            return ledger.branch(left, right)

        root = part(0, size)
        check(root is not None and next(inside, None) is None and next(outside, None) is None, "ProofFault::PathLength")
        return root


class Evidence:
    """That a chain has signed two histories."""

    def __init__(self, data):
        check(len(data) <= EVIDENCE_BYTES, "ForkFault::TooLarge")
        lines = Lines(data, "ForkFault::Form")
        lines.line("yizhang-evidence/v1")
        root = lines.line("root ([0-9a-f]{64})", optional=True)
        self.root = None if root is None else bytes.fromhex(root[1])
        self.path = [] if root is None else lines.hashes("path")
        self.heads = [lines.head(), lines.head()]
        lines.end()

    def verify(self, roster):
        one, other = (read_as("ForkFault::Head", ledger.Head, head, roster) for head in self.heads)
        check(one.origin == other.origin, "ForkFault::TwoChains")
        check(one.size <= other.size, "ForkFault::Order")
        check((self.root is None) == (one.size == other.size), "ForkFault::Beginning")
        root = other.root
        if self.root is not None:
            root = self.root
            read_as("ForkFault::Path", ledger.verify_consistency, one.size, other.size, root, other.root, self.path)
        check(root != one.root, "ForkFault::NoContradiction")
        return {"chain": one.origin, "size": one.size, "misled": self.misled(roster)}

    def misled(self, roster):
        """The cosigners with a right line under both heads, whatever their times."""
        notes, found = [ledger.Note(head) for head in self.heads], []
        for region in roster.regions:
            for kind in ("witness", "mirror"):
                name = f"{region['origin']}/{kind}"
                known = [ledger.Cosigner(name, bytes.fromhex(span["key"])) for span in region[kind]]
                if any(all(has_signed(note, cosigner) for note in notes) for cosigner in known):
                    found.append(name)
        return found


def has_signed(note, cosigner):
    try:
        return bool(ledger.cosignatures(note, [cosigner]))
    except Refused:
        return False
