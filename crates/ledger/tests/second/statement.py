"""Statements, by docs/FORMAT.md, section 14, "Statements", sharing no code with the crate: whose they are, that every record stands under a signed
head, and that none was left out. The account that the records give is beyond this page, and so beyond this file: it says so."""

import zlib

import blake3
import ledger
from ledger import (
    Refused, accounts as named, bounded, check, choice, day, fixed, hash32, id16, leaf, one_entry, option, read_as, read_record, record, text, u32, u64,
)

FILE_BYTES, SECTION_BYTES, NAMES, SHOWN = 8388608, 33554432, 4096, 64
MAGIC = b"YZSTM\x00\x01\n"
SUBJECT, CHAINS, ROSTER, RULES, ACCOUNT, ISSUER, OPENING, HIDDEN = range(1, 9)
COMPRESSED = (SUBJECT, CHAINS, ROSTER, RULES, ACCOUNT, HIDDEN)


def portable(holds, name):
    check(holds, f"Refusal::Form/PortableFault::{name}")


def refuted(holds, name):
    check(holds, f"Refusal::Refuted/Refuted::{name}")


# The form

def data(reader):
    return reader.take(u64(reader))


def boolean(reader):
    return ledger.boolean(reader)


def many(kind):
    return lambda reader: [kind(reader) for _ in range(u64(reader))]


def place(reader):
    if choice("Present", "Absent")(reader) == "Present":
        return {"index": u64(reader), "content": fixed(32)(reader)}
    return record(before=u64, left=option(stated_leaf), right=option(stated_leaf))(reader)


def cover(reader):
    """None of a whole statement."""
    whole = choice("Whole", "Part")(reader) == "Whole"
    return None if whole else record(first=ledger.month, last=ledger.month, schemes=many(text))(reader)


def is_scheme(written):
    prefix, _, code = written.partition(":")
    return prefix in ("hrss", "nhsa", "local", "annuity", "personal") and code != "" and ledger.is_code(code)


stated_leaf = record(account=id16, content=hash32)
subject_fields = record(
    owner=id16, accounts=many(id16), strangers=many(id16), names=many(record(account=id16, others=many(id16))), as_of=day, issued=day,
    commitment=option(hash32), cover=cover,
)
stated_register = record(
    index=u64, entry=data, batch_index=u64, batch=data, accounts=many(record(account=id16, place=place)), hashes=many(hash32),
    cosigned=option(record(head=data, path=many(hash32))),
)
stated_chain = record(
    head=data, register=option(stated_register), records=many(record(index=u64, entry=data, tied=boolean)), hashes=many(hash32),
)
rule_files = many(record(name=text, text=text))
FIELDS = {
    SUBJECT: subject_fields, CHAINS: many(stated_chain), ROSTER: many(data), RULES: record(base=rule_files, own=rule_files),
    HIDDEN: many(many(record(index=u64, leaf=hash32, accounts=many(id16)))), ACCOUNT: record(form=text, digest=hash32, json=option(data)),
}


class Sections:
    """The sections of a file, one by one."""

    def __init__(self, file):
        portable(len(file) <= FILE_BYTES, "TooLarge")
        portable(file.startswith(MAGIC), "Magic")
        self.file, self.at = file, len(MAGIC)

    def optional(self, name):
        """The bytes of the next section before compression, if it is this one."""
        rest = self.file[self.at:]
        if rest[:1] != bytes([name]):
            return None
        portable(len(rest) >= 9, "Cut")
        stored, plain = (int.from_bytes(rest[at:at + 4], "little") for at in (1, 5))
        portable(len(rest) - 9 >= stored, "Cut")
        portable(plain <= SECTION_BYTES, "SectionTooLarge")
        content = rest[9:9 + stored]
        if name in COMPRESSED:
            content = unpacked(content, plain)
        portable(len(content) == plain, "Unpack")
        self.at += 9 + stored
        return content

    def expect(self, name):
        content = self.optional(name)
        portable(content is not None, "Section")
        return content

    def fields(self, name):
        return fields(name, self.expect(name))


def unpacked(stored, plain):
    """Not more than one byte beyond what it says is ever made of it."""
    machine = zlib.decompressobj(-15)
    try:
        content = machine.decompress(stored, plain + 1)
    except zlib.error:
        content = None
    portable(content is not None and machine.eof and not machine.unused_data, "Unpack")
    return content


def fields(name, content):
    return read_as("Refusal::Form/PortableFault::Fields", ledger.read_strictly, FIELDS[name], content)


def ascends(ids):
    return all(one < other for one, other in zip(ids, ids[1:]))


def check_subject(subject):
    groups = subject["names"]
    lists = [subject["accounts"], subject["strangers"], [group["account"] for group in groups], *(group["others"] for group in groups)]
    portable(all(map(ascends, lists)), "Content")
    portable(subject["owner"] in subject["accounts"], "Content")
    others = [other for group in groups for other in group["others"]]
    if subject["cover"] is not None:
        check_cover(subject["cover"])
    owners = {group["account"] for group in groups if group["others"]}
    portable(len(set(others)) == len(others) <= NAMES and not owners & set(others), "Content")


def check_cover(part):
    schemes = part["schemes"]
    portable(ledger.month_number(part["first"]) <= ledger.month_number(part["last"]) and len(schemes) <= 32, "Content")
    portable(ascends([one.encode() for one in schemes]) and all(map(is_scheme, schemes)), "Content")


def check_hidden(chains, hidden):
    portable(len(hidden) == len(chains), "Content")
    portable(sum(len(chain["records"]) for chain in chains) + sum(map(len, hidden)) <= 16_384, "Content")
    for chain, ones in zip(chains, hidden):
        portable(chain["register"] is not None or not ones, "Content")
        portable(all(ascends(one["accounts"]) and 1 <= len(one["accounts"]) <= 2 for one in ones), "Content")


def check_chains(chains):
    """As many as a statement may have."""
    portable(len(chains) <= 256, "Content")
    portable(sum(len(chain["records"]) for chain in chains) <= 16_384, "Content")
    portable(all(chain["register"] is None or len(chain["register"]["accounts"]) <= 64 for chain in chains), "Content")


def read_opening(content):
    """Salt and number."""
    portable(len(content) >= 16, "Content")
    try:
        number = content[16:].decode("utf-8")
        portable(ledger.normalised(number) == number, "Content")
    except (UnicodeDecodeError, Refused):
        portable(False, "Content")
    return content[:16], number


class Statement:
    """A file that has been read; nothing about it is believed yet."""

    def __init__(self, file):
        sections = Sections(file)
        self.subject = sections.fields(SUBJECT)
        check_subject(self.subject)
        self.chains = sections.fields(CHAINS)
        check_chains(self.chains)
        self.part = self.subject["cover"]
        self.hidden = [[] for _ in self.chains] if self.part is None else sections.fields(HIDDEN)
        check_hidden(self.chains, self.hidden)
        self.rosters = sections.fields(ROSTER)
        self.rules = sections.fields(RULES)
        account = sections.optional(ACCOUNT)
        self.account = None if account is None else fields(ACCOUNT, account)
        portable(self.part is None or self.account is None, "Content")
        self.digest = blake3.derive("yizhang 2026-11-30 v1 statement", file[:sections.at]).hex()
        self.issuer = sections.expect(ISSUER)
        opening = sections.optional(OPENING)
        self.opening = None if opening is None else read_opening(opening)
        portable(sections.at == len(file), "Trailing")

    def verify(self, trusted):
        """What it shows to whoever trusts root keys by their fingerprint."""
        roster = read_as("Refusal::Roster", ledger.Roster.from_fingerprint, self.rosters, trusted)
        note, issuer = self.read_issuer()
        chains = self.open_chains(roster)
        self.check_issuer(note, issuer, roster)
        person = self.person()
        for chain in chains:
            chain.open_proofs()
        self.believe(chains, roster)
        self.check_account()
        subject, owner = self.subject, self.subject["owner"]
        excerpt = {} if self.part is None else {"excerpt": self.part}
        return excerpt | {
            "digest": self.digest, "issuer": issuer, "issued": subject["issued"], "as_of": subject["as_of"], "owner": owner, "person": person,
            "federation": roster.federation, "roster": str(roster.version),
            "accounts": [owner, *(account for account in subject["accounts"] if account != owner)], "strangers": subject["strangers"],
            "chains": [shown(region["origin"], chains) for region in roster.regions],
        }

    def read_issuer(self):
        try:
            note = ledger.Note(self.issuer)
        except Refused:
            portable(False, "Content")
        lines = note.text.split("\n")
        portable(len(lines) > 1 and ledger.is_origin(lines[1]), "Content")
        text = f"yizhang-statement/v1\n{lines[1]}\n{self.subject['issued']}\n{self.digest}\n"
        portable(note.text == text and len(note.lines) == 1, "Content")
        return note, lines[1]

    def open_chains(self, roster):
        opened = []
        for stated, hidden in zip(self.chains, self.hidden):
            chain = Chain(stated, hidden, roster)
            check(not opened or opened[-1].head.origin < chain.head.origin, "Refusal::Chains")
            chain.open_lines(roster)
            opened.append(chain)
        return opened

    def check_issuer(self, note, issuer, roster):
        # Nothing newer is known than what the statement brings, so a key has no end, or does not count.
        in_force = [key for key, _, last in roster.chains.get(issuer, []) if last is None]
        check(any(read_as("Refusal::Invalid", note.is_signed_by, issuer, key) for key in in_force), "Refusal::Issuer")

    def person(self):
        committed = self.subject["commitment"]
        if self.opening is None:
            return "unknown" if committed is None else "hidden"
        check(ledger.commitment(*self.opening).hex() == committed, "Refusal::OtherNumber")
        return self.opening[1]

    def believe(self, chains, roster):
        own = set(self.subject["accounts"])
        names = {other: group["account"] for group in self.subject["names"] for other in group["others"]}
        pseudonyms = own | {other for other, account in names.items() if account in own}
        for chain in chains:
            chain.check_order(roster)
        found = [accounts for chain in chains for accounts in chain.believe(pseudonyms, roster)]
        # Of whoever computes no account: whether links tie these accounts together is not asked here.
        for accounts in found:
            refuted(any(names.get(account, account) in own for account in accounts), "ForeignRecord")

    def check_account(self):
        account = self.account
        if account is not None and account["json"] is not None:
            check(blake3.derive("yizhang 2026-11-23 v1 account", account["json"]).hex() == account["digest"], "Refusal::Digest")


# The chains

class Chain:
    """A chain of a statement, its head opened."""

    def __init__(self, stated, hidden, roster):
        self.stated, self.records, self.register, self.hidden = stated, stated["records"], stated["register"], hidden
        self.head = read_as("Refusal::Invalid", ledger.Head, stated["head"], roster)
        self.through, self.confirmed = None, []

    def open_lines(self, roster):
        note = ledger.Note(self.stated["head"])
        lines = read_as("Refusal::Cosigned", lambda: [roster.promises(note, self.head.origin, kind) for kind in ("mirror", "witness")])
        self.mirrors, self.witnesses = lines

    def open_proofs(self):
        """The path of each entry that is tied to the head, and of each leaf of the register."""
        tied, leaves, size, root = {}, {}, 0, None
        if self.register is not None:
            tied[self.register["batch_index"]] = self.register["batch"]
            tied[self.register["index"]] = self.register["entry"]
        tied |= {one["index"]: one["entry"] for one in self.records if one["tied"]}
        placed = {at: leaf(entry) for at, entry in tied.items()}
        self.paths = opened(placed, self.head.size, self.stated["hashes"], self.head.root, ledger.CHAIN)
        if self.register is None:
            return
        for stated in self.register["accounts"]:
            for index, shown_leaf in register_leaves(stated):
                check(leaves.setdefault(index, shown_leaf) == shown_leaf, "Refusal::Invalid/Invalid::Proof/ProofFault::OutOfRange")
        try:
            register = ledger.read_register(self.register["entry"], self.register["index"])
            size, root = int(register["accounts"]), bytes.fromhex(register["root"])
        except Refused:
            pass
        self.register_paths = opened(leaves, size, self.register["hashes"], root, ledger.REGISTER)

    def check_order(self, roster):
        refuted(not roster.doubts(self.head), "HeadInDoubt")
        refuted(ascends([one["index"] for one in self.records]), "Order")

    def single(self, one, at, path):
        """A single record under the head; the accounts that it is found under."""
        read_as("Refusal::Refuted/Refuted::Invalid", ledger.prove, one, at, path, self.head)
        return entry_accounts(one)

    def tied(self, one):
        path = self.paths[one["index"]] if one["tied"] else []
        return self.single(one["entry"], one["index"], path)

    def believe(self, pseudonyms, roster):
        """The accounts of each record, all of which are shown to stand in the chain."""
        if self.register is None:
            return [self.tied(one) for one in self.records]
        covering = self.prove_register()
        time = self.time_of_register()
        self.check_shown(pseudonyms)
        size = int(covering["size"])
        covered = [one for one in self.records if one["index"] < size]
        found = self.prove_covered(covering, covered)
        for one in self.records[len(covered):]:
            accounts = self.tied(one)
            refuted(pseudonyms & set(accounts), "ForeignRecord")
            found.append(accounts)
        self.confirmed = sorted({*self.mirrors, *self.confirm(roster)})
        self.through = {"size": str(size), "time": time}
        return found

    def prove_register(self):
        at, entry = self.register["index"], self.register["entry"]
        self.single(entry, at, self.paths[at])
        return read_as("Refusal::Refuted/Refuted::Register", ledger.read_register, entry, at)

    def time_of_register(self):
        at, entry = self.register["batch_index"], self.register["batch"]
        where = leaf(entry), at, self.head.size, self.paths[at], self.head.root
        read_as("Refusal::Refuted/Refuted::Invalid/Invalid::Proof", ledger.verify_inclusion, *where)
        batch = read_as("Refusal::Refuted/Refuted::Invalid", read_batch_entry, entry)
        refuted(int(batch["first"]) == at < self.register["index"] <= at + batch["records"], "OtherBatch")
        return batch["time"]

    def check_shown(self, pseudonyms):
        listed = [one["account"] for one in self.register["accounts"]]
        refuted(ascends(listed) and len(listed) <= SHOWN, "ShownList")
        refuted(pseudonyms <= set(listed), "NotShown")

    def prove_covered(self, covering, covered):
        """Presence or absence of each account, and that no covered record is of another."""
        found = [read_as("Refusal::Refuted/Refuted::Invalid", entry_accounts, one["entry"]) for one in covered]
        refuted(all(found), "ForeignRecord")
        present = 0
        for stated in self.register["accounts"]:
            account, where = stated["account"], stated["place"]
            own = [(one["index"], one["entry"]) for one, accounts in zip(covered, found) if account in accounts]
            own = merged(own, [(one["index"], None, bytes.fromhex(one["leaf"])) for one in self.hidden if account in one["accounts"]])
            if "index" in where:
                present += 1
                self.show(ledger.verify_presence, covering, account, own, where["index"], self.register_paths[where["index"]])
            else:
                refuted(not own, "NotAbsent")
                before = where["before"]
                sides = self.neighbour(where["left"], before - 1), self.neighbour(where["right"], before)
                self.show(ledger.verify_absence, covering, account, before, *sides)
        listed = {one["account"] for one in self.register["accounts"]}
        refuted(all(listed & set(accounts) for accounts in found), "ForeignRecord")
        refuted(all(listed & set(one["accounts"]) for one in self.hidden), "ForeignRecord")
        if present > 1:
            refuted(all(one["tied"] for one in covered), "NoPath")
            found = [self.tied(one) for one in covered]
        return found

    def show(self, verify, covering, account, *given):
        read_as("Refusal::Refuted/Refuted::Register", verify, covering, bytes.fromhex(account), *given)

    def neighbour(self, stated, index):
        if stated is None:
            return None
        return bytes.fromhex(stated["account"]), bytes.fromhex(stated["content"]), self.register_paths.get(index, [])

    def confirm(self, roster):
        """The regions whose mirrors have cosigned another head that the register stands under."""
        cosigned = self.register["cosigned"]
        if cosigned is None:
            return []
        head = read_as("Refusal::Refuted/Refuted::Invalid", ledger.Head, cosigned["head"], roster)
        refuted(head.origin == self.head.origin, "OtherChain")
        refuted(not roster.doubts(head), "HeadInDoubt")
        path = [bytes.fromhex(one) for one in cosigned["path"]]
        read_as("Refusal::Refuted/Refuted::Invalid", ledger.prove, self.register["entry"], self.register["index"], path, head)
        return read_as("Refusal::Refuted/Refuted::Cosigned", roster.promises, ledger.Note(cosigned["head"]), head.origin, "mirror")


def merged(shown, hidden):
    """Both in one order; where they do not ascend by themselves, neither does the whole."""
    shown, hidden, all_of_them = list(shown), list(hidden), []
    while shown or hidden:
        first = hidden if hidden and (not shown or hidden[0][0] <= shown[0][0]) else shown
        all_of_them.append(first.pop(0))
    return all_of_them


def opened(leaves, size, hashes, root, tree):
    """The path of each leaf; none where nothing is tied."""
    hashes = [bytes.fromhex(one) for one in hashes]
    if not leaves:
        check(not hashes, "Refusal::Invalid/Invalid::Proof/ProofFault::PathLength")
        return {}
    return read_as("Refusal::Invalid/Invalid::Proof", ledger.open_multiproof, leaves, size, hashes, root, tree)


def register_leaves(stated):
    """Index and hash of the leaves that are shown for an account."""
    where = stated["place"]
    if "index" in where:
        placed = [(where["index"], stated["account"], where["content"])]
    else:
        sides = (where["before"] - 1, where["left"]), (where["before"], where["right"])
        placed = [(at, one["account"], one["content"]) for at, one in sides if one is not None and at >= 0]
    return [(at, ledger.register_leaf(bytes.fromhex(account), bytes.fromhex(content))) for at, account, content in placed]


def entry_accounts(entry):
    kind, payload = one_entry(entry)
    return named(kind, read_record(kind, payload))


def read_batch_entry(entry):
    kind, payload = one_entry(entry)
    check(kind == 0, "Invalid::NotABatch")
    return ledger.read_batch_fields(payload)


def shown(origin, chains):
    chain = next((chain for chain in chains if chain.head.origin == origin), None)
    if chain is None:
        return {"chain": origin, "size": None, "through": None, "records": 0, "mirrors": [], "witnesses": [], "confirmed_by": []}

    def promises(found):
        return [{"region": region, "time": str(seconds)} for region, seconds in found.items()]
    hidden = {"hidden": len(chain.hidden)} if chain.hidden else {}
    return hidden | {
        "chain": origin, "size": str(chain.head.size), "through": chain.through, "records": len(chain.records),
        "mirrors": promises(chain.mirrors), "witnesses": promises(chain.witnesses), "confirmed_by": chain.confirmed,
    }


def fingerprint(written):
    """A root fingerprint as it is read out: either case, blanks, dashes and colons between digits."""
    digits = "".join(c for c in written if c not in " -:\t\n").lower()
    check(len(digits) == 32 and not set(digits) - set("0123456789abcdef"), "a root fingerprint has 32 hexadecimal digits")
    return digits
