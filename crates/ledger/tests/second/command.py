"""What a file that was handed over shows, in words, for whoever asks on a command line."""

import argparse
from datetime import datetime, timedelta, timezone
from pathlib import Path

import handed
import ledger
import statement

NAMES = ("statement", "receipt", "evidence")
CHINA = timezone(timedelta(hours=8))


def arguments(given):
    parser = argparse.ArgumentParser(prog="verify.py", description="Checks what was handed over, by docs/FORMAT.md.")
    parser.add_argument("kind", choices=NAMES)
    parser.add_argument("file", type=Path)
    parser.add_argument("--root", required=True, metavar="FINGERPRINT", help="of the root keys, from a hand that you trust")
    parser.add_argument("--roster", nargs="+", type=Path, default=[], metavar="NOTE", help="versions of the roster, the oldest first")
    return parser.parse_args(given)


def run(given):
    asked = arguments(given)
    try:
        trusted = statement.fingerprint(asked.root)
        lines = SHOWN[asked.kind](asked, trusted)
    except ledger.Refused as fault:
        print(f"refused: {fault}")
        return 1
    print("\n".join(lines))
    return 0


def of_statement(asked, trusted):
    file = statement.Statement(asked.file.read_bytes())
    shown = file.verify(trusted)
    person = {
        "hidden": "Of whom it is, its number and its code say: it only holds a commitment to the number.",
        "unknown": "The issuer was not told the number: it is of an account.",
    }.get(shown["person"], f"The number {shown['person']} is the one that the issuer has committed to.")
    more = f", with {len(shown['accounts']) - 1} more that are said to be the same person's" if len(shown["accounts"]) > 1 else ""
    records = sum(chain["records"] for chain in shown["chains"])
    lines = [
        f"statement {shown['digest']}",
        f"Issued on {shown['issued']} by {shown['issuer']}, as of {shown['as_of']}, under roster {shown['roster']} of {shown['federation']}.",
        f"Account {shown['owner']}{more}. {person}",
        f"Each of its {records} records stands under a head that the key of its chain has signed (one that was sent twice stands there twice).",
    ]
    lines += [of_chain(chain) for chain in shown["chains"]]
    lines.append(of_account(file))
    return lines


def of_chain(chain):
    if chain["size"] is None:
        return f"{chain['chain']}: nothing of it is here, and nothing is shown of it."
    regions = ", ".join(str(region) for region in chain["confirmed_by"])
    words = f"{chain['chain']}: {chain['records']} records under {chain['size']} entries"
    if chain["through"] is None:
        return f"{words}; that there are no more is not shown."
    through = chain["through"]
    words += f"; none is missing of the first {through['size']}, as of {moment(through['time'])}"
    return f"{words}, which mirrors of {regions} have computed again." if regions else f"{words}, by the word of its own node."


def moment(time):
    try:
        return f"{datetime.fromtimestamp(int(time) / 1000, CHINA):%Y-%m-%d %H:%M} (UTC+8)"
    except (OverflowError, ValueError, OSError):
        return f"{time} ms"


def of_account(file):
    stated = "No account is stated." if file.account is None else f"It states an account of the form {file.account['form']}, {file.account['digest']}."
    return f"{stated} What account the records give under its rules, and whether links tie its accounts together, is not computed here."


def of_receipt(asked, trusted):
    shown = handed.Receipt(asked.file.read_bytes()).verify(roster(asked, trusted))
    return [
        f"{shown['chain']} has {shown['records']} records from {shown['first']} on under a head of {shown['size']} entries that its key has signed.",
        f"Mirrors that hold them: {regions(shown['mirrors'])}. Witnesses: {regions(shown['witnesses'])}.",
    ]


def of_evidence(asked, trusted):
    shown = handed.Evidence(asked.file.read_bytes()).verify(roster(asked, trusted))
    misled = ", ".join(shown["misled"]) or "nobody"
    return [f"The key of {shown['chain']} has signed two histories, which part at or before {shown['size']} entries. Who has cosigned both: {misled}."]


def roster(asked, trusted):
    return ledger.Roster.from_fingerprint([path.read_bytes() for path in asked.roster], trusted)


def regions(promises):
    return ", ".join(f"{region} ({moment(seconds * 1000)})" for region, seconds in promises.items()) or "none"


SHOWN = {"statement": of_statement, "receipt": of_receipt, "evidence": of_evidence}
