#!/usr/bin/env python3
"""Runs the vectors that others published (tests/public) through the second implementation.

    python3 crates/ledger/tests/second/public.py

Proofs of RFC 6962 are left out: they hash with SHA-256, and this implementation knows the tree of docs/FORMAT.md only. Exit code 0 when every
case comes out as the README there says.
"""

import json
import sys
from base64 import b64decode
from itertools import cycle, islice
from pathlib import Path

import blake3
import ed25519
import ledger

REFUSED = {"low_order_A", "low_order_R", "low_order_residue", "reencoded_k"}


def read(name):
    return json.loads((Path(__file__).parent.parent / "public" / name).read_text(encoding="utf-8"))


def counts(key, message, signature):
    return len(signature) == 64 and ed25519.is_key(key) and ed25519.verify(key, message, signature)


def derived():
    file = read("blake3.json")
    for case in file["cases"]:
        # Longer inputs take this implementation minutes and try nothing that 8,193 bytes do not.
        if case["input_len"] <= 8193:
            data = bytes(islice(cycle(range(251)), case["input_len"]))
            yield f"blake3 {case['input_len']}", blake3.derive(file["context_string"], data).hex(), case["derive_key"][:64]


def signatures():
    for group in read("wycheproof-ed25519.json")["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            found = counts(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            yield f"wycheproof {case['tcId']}", found, case["result"] == "valid"
    for case in read("cctv-ed25519.json"):
        found = counts(bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"]))
        yield f"cctv {case['number']}", found, not REFUSED & set(case["flags"] or [])
    for number, case in enumerate(read("speccheck-ed25519.json")):
        found = counts(bytes.fromhex(case["pub_key"]), bytes.fromhex(case["message"]), bytes.fromhex(case["signature"]))
        yield f"speccheck {number}", found, number == 3


# Where we decide otherwise than the reference code: the table of FORMAT.md section 9.
DEVIATIONS = {
    "keys/ml-dsa-44.txt", "keys/small-order.txt", "keys/uppercase-key-id.txt",
    "notes/malformed/duplicate-signature.txt", "notes/malformed/non-canonical-base64.txt",
}


def published_key(text):
    """Name, type byte and key, or None."""
    name, id, encoded = text.split("+", 2)
    key = ledger.strict_base64(encoded)
    is_key = key and key[0] in (1, 4) and len(key) == 33 and ledger.is_key(name, key[1:])
    return (name, key[0], key[1:]) if is_key and ledger.key_id(name, key[1:], key[0]).hex() == id else None


def is_signed(note, text):
    name, _, key = published_key(text)
    try:
        return ledger.Note(note).is_signed_by(name, key)
    except ledger.Refused:
        return False


def notes():
    for case in read("c2sp-notes.json"):
        file, given, expect = case["file"], case["input"], case["expect"]
        fields = {**given, **expect}
        if file.startswith("witness/"):
            name, _, key = published_key(given["witness"])
            note, cosigner = ledger.Note(b64decode(given["checkpoint_b64"])), ledger.Cosigner(name, key)
            yield file, str(cosigner.verify(note.text, expect["line"])), expect["timestamp"]
            added = note.text + "\n" + ledger.add_cosignature(note, cosigner, expect["line"])
            yield file, added.encode(), b64decode(expect["cosigned_b64"])
        else:
            accepted = is_signed(b64decode(fields["note_b64"]), fields["vkey"]) if "note_b64" in fields \
                else published_key(fields["vkey"]) is not None
            yield file, accepted, (fields["go"] == "accept") != (file in DEVIATIONS)


def main():
    wrong, tried = 0, 0
    for name, found, expected in [*derived(), *signatures(), *notes()]:
        tried += 1
        if found != expected:
            wrong += 1
            print(f"{name}: expected {expected}, found {found}")
    print(f"{tried} cases, {wrong} of them wrong")
    return 1 if wrong or tried < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
