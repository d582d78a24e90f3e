#!/usr/bin/env python3
"""A second implementation of the format, written by docs/FORMAT.md, sharing no code with the crate. Needs Python 3.10 and nothing else.

    python3 verify.py statement FILE --root FINGERPRINT      what a statement shows to whoever trusts these root keys
    python3 verify.py receipt FILE --roster NOTE... --root FINGERPRINT
    python3 verify.py evidence FILE --roster NOTE... --root FINGERPRINT
    python3 verify.py [VECTORS.json...]                      every case of these files, of all vectors if none is named

NOTE is a version of the roster, the oldest first. Exit code 0 if it holds, or if every case comes out as its file says; otherwise 1, with the rule that is
broken.
"""

import json
import sys
from pathlib import Path

import blake3
import command
import ledger
import statement


def data(value):
    """Bytes as the vectors write them: digits, or parts that repeat."""
    if isinstance(value, str):
        return bytes.fromhex(value)
    return b"".join(bytes.fromhex(digits) * times for digits, times in value)


def hashes(values):
    return [bytes.fromhex(value) for value in values]


def roster(case, note):
    return ledger.Roster(note, hashes(case["trusted"]), case["threshold"])


def known_roster(case):
    return roster(case, case["roster"].encode())


def check_entry(case):
    given = data(case["bytes"])
    kind, payload = ledger.one_entry(given)
    fields = ledger.read_record(kind, payload)
    return {
        "kind": kind, "kind_name": ledger.NAMES.get(kind, f"kind {kind}"), "fields": fields,
        "accounts": ledger.accounts(kind, fields), "leaf": ledger.leaf(given).hex(),
    }


def check_write(case):
    ledger.check(len(data(case["payload"])) <= 2048, "CodecFault::TooLarge")
    return {}


def check_inclusion(case):
    path, root = hashes(case["path"]), bytes.fromhex(case["root"])
    ledger.verify_inclusion(bytes.fromhex(case["leaf"]), int(case["index"]), int(case["size"]), path, root)
    return {}


def check_consistency(case):
    roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    ledger.verify_consistency(int(case["old_size"]), int(case["new_size"]), *roots, hashes(case["path"]))
    return {}


def check_number(case):
    number = ledger.normalised(case["text"])
    return {"normalised": number, "account": ledger.account_id(bytes.fromhex(case["secret"]), number)}


def check_pseudonyms(case):
    number = ledger.normalised(case["text"])
    return {"accounts": ledger.account_ids(hashes(case["secrets"]), number)}


def check_key(case):
    key = bytes.fromhex(case["key"])
    if not ledger.is_key(case["key_name"], key):
        return {"valid": False}
    return {"valid": True, "id": ledger.key_id(case["key_name"], key).hex()}


def check_note(case):
    note = ledger.Note(data(case["bytes"]))
    signed = note.is_signed_by(case["key_name"], bytes.fromhex(case["key"]))
    text = {"text_bytes": len(note.text)} if len(note.text) > 1000 else {"text": note.text}
    return {**text, "signed": signed}


def cosigner(case):
    return ledger.Cosigner(case["key_name"], bytes.fromhex(case["key"]))


def check_cosigner_key(case):
    known = ledger.is_key(case["key_name"], bytes.fromhex(case["key"]))
    return {"valid": True, "id": cosigner(case).id.hex()} if known else {"valid": False}


def check_cosign(case):
    secret, text, name = bytes.fromhex(case["secret"]), case["text"], case["key_name"]
    seconds = int(case["time"])
    key = ledger.ed25519.public(secret)
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    body = ledger.key_id(name, key, 4) + seconds.to_bytes(8, "big") + ledger.ed25519.sign(secret, message)
    return {"line": f"\u2014 {name} {ledger.b64encode(body).decode()}\n"}


def check_cosignatures(case):
    found = ledger.cosignatures(ledger.Note(data(case["bytes"])), [cosigner(known) for known in case["cosigners"]])
    return {"cosignatures": [{"name": name, "time": str(seconds)} for name, seconds in found]}


def check_head(case):
    head = ledger.Head(data(case["bytes"]), known_roster(case))
    return {"origin": head.origin, "size": str(head.size), "root": head.root.hex()}


def check_chain(case):
    trusted = known_roster(case)
    chain = ledger.Chain(case["origin"])
    for number, step in enumerate(case["steps"], 1):
        try:
            chain.follow(ledger.Batch(data(step["batch"])), step["head"].encode(), trusted)
        except ledger.Refused:
            assert number == len(case["steps"]), "refused before the last step"
            raise
    return chain.fields()


def check_proof(case):
    head = ledger.Head(case["head"].encode(), known_roster(case))
    return ledger.prove(data(case["bytes"]), int(case["index"]), hashes(case["path"]), head)


def check_registered_account(case):
    account, leaves = bytes.fromhex(case["account"]), hashes(case["leaves"])
    content = ledger.register_content(account, leaves)
    return {
        "records": str(len(leaves)), "hash": ledger.account_hash(account, leaves).hex(), "content": content.hex(),
        "leaf": ledger.register_leaf(account, content).hex(),
    }


def register(case):
    return ledger.read_register(data(case["register"]), int(case["at"]))


def check_presence(case):
    records = [(int(record["index"]), data(record["entry"])) for record in case["records"]]
    where = int(case["index"]), hashes(case["path"])
    ledger.verify_presence(register(case), bytes.fromhex(case["account"]), records, *where)
    return {}


def neighbour(shown):
    if shown is None:
        return None
    return bytes.fromhex(shown["account"]), bytes.fromhex(shown["content"]), hashes(shown["path"])


def check_absence(case):
    sides = neighbour(case["left"]), neighbour(case["right"])
    ledger.verify_absence(register(case), bytes.fromhex(case["account"]), int(case["before"]), *sides)
    return {}


def hashed(value):
    return {"hash": value.hex()}


def check_statement(case):
    return statement.Statement(data(case["bytes"])).verify(statement.fingerprint(case["trusted"]))


CHECKS = {
    "statement": check_statement,
    "value": lambda case: {"value": ledger.read_strictly(ledger.VALUES[case["type"]], data(case["bytes"]))},
    "entry": check_entry,
    "write": check_write,
    "derive": lambda case: hashed(blake3.derive(case["context"], data(case["bytes"]))),
    "leaf": lambda case: hashed(ledger.leaf(data(case["bytes"]))),
    "branch": lambda case: hashed(ledger.branch(bytes.fromhex(case["left"]), bytes.fromhex(case["right"]))),
    "root": lambda case: hashed(ledger.root(hashes(case["leaves"]))),
    "inclusion": check_inclusion,
    "consistency": check_consistency,
    "number": check_number,
    "pseudonyms": check_pseudonyms,
    "key": check_key,
    "note": check_note,
    "cosigner key": check_cosigner_key,
    "cosign": check_cosign,
    "cosignature": lambda case: {"time": str(cosigner(case).verify(case["text"], case["line"]))},
    "cosignatures": check_cosignatures,
    "add cosignature": lambda case: {
        "lines": ledger.add_cosignature(ledger.Note(data(case["bytes"])), cosigner(case), case["line"])},
    "roster": lambda case: roster(case, data(case["bytes"])).fields(),
    "next roster": lambda case: known_roster(case).next(data(case["bytes"])).fields(),
    "registered account": check_registered_account,
    "register root": lambda case: hashed(ledger.root(hashes(case["leaves"]), ledger.REGISTER)),
    "register": lambda case: ledger.read_register(data(case["bytes"]), int(case["at"])),
    "presence": check_presence,
    "absence": check_absence,
    "submission": lambda case: ledger.read_submission(data(case["bytes"])),
    "batch": lambda case: ledger.Batch(data(case["bytes"])).fields(),
    "head": check_head,
    "chain": check_chain,
    "proof": check_proof,
    "segment": lambda case: ledger.read_segment(data(case["bytes"]), case["origin"]),
}


def joined(expected):
    """A payload that repeats, joined."""
    payload = expected.get("fields", {}).get("payload") if isinstance(expected, dict) else None
    return {**expected, "fields": {"payload": data(payload).hex()}} if payload is not None else expected


def run(case):
    """What comes of a case, and what should."""
    expected = joined(case.get("expect", f"refused: {case.get('refused')}"))
    if "beyond" in case:
        # What is wrong is only seen by whoever computes the account, and nobody does so here.
        expected = f"beyond: {case['beyond']}"
    if case["check"] == "statement" and isinstance(expected, dict):
        expected = {name: value for name, value in expected.items() if name != "account"}
    try:
        found = CHECKS[case["check"]](case)
        return f"beyond: {case['beyond']}" if "beyond" in case else found, expected
    except ledger.Refused as fault:
        return f"refused: {fault}", expected


def main(paths):
    crates = Path(__file__).parents[3]
    paths = paths or sorted(crates.glob("ledger/tests/vectors/*.json")) + sorted(crates.glob("statement/tests/vectors/*.json"))
    checked, wrong = 0, 0
    for path in map(Path, paths):
        file = json.loads(path.read_text(encoding="utf-8"))
        assert file["format"] == 1, f"{path} is of another format"
        for case in file["cases"]:
            checked += 1
            found, expected = run(case)
            if found != expected:
                wrong += 1
                print(f"{path.name}: {case['check']} {case['name']!r}\n  expected {expected}\n  found    {found}")
    print(f"{checked} cases, {wrong} of them wrong")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(command.run(given) if given[:1] and given[0] in command.NAMES else main(given))
