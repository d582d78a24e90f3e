"""The format of the ledger, a second time: written by docs/FORMAT.md, sharing no code with the crate. Section numbers are those of that page."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256

import aes
import blake3
import ed25519


class Refused(Exception):
    """Something breaks a rule; the rule's name as the vectors write it."""


# 2. Values

class Reader:
    def __init__(self, data):
        self.data, self.at, self.shortest = data, 0, True

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Refused("CodecFault::Field")
        self.at += count
        return self.data[self.at - count:self.at]

    def varint(self, bits):
        first = self.take(1)[0]
        if first <= 250:
            return first
        width = {0xFB: 2, 0xFC: 4, 0xFD: 8}.get(first)
        check(width is not None and width * 8 <= bits)
        value = int.from_bytes(self.take(width), "little")
        if value < {2: 251, 4: 1 << 16, 8: 1 << 32}[width]:
            self.shortest = False
        return value

    def end(self):
        if self.at < len(self.data):
            raise Refused("CodecFault::Trailing")
        if not self.shortest:
            raise Refused("CodecFault::NotCanonical")


def check(holds, rule="CodecFault::Field"):
    if not holds:
        raise Refused(rule)


def u8(reader):
    return reader.take(1)[0]


def u16(reader):
    return reader.varint(16)


def u32(reader):
    return reader.varint(32)


def u64(reader):
    return reader.varint(64)


def wide(reader):
    """A u64 as the vectors write it."""
    return str(reader.varint(64))


def i64(reader):
    value = reader.varint(64)
    return -(value + 1) // 2 if value & 1 else value // 2


def boolean(reader):
    byte = u8(reader)
    check(byte <= 1)
    return byte == 1


def text(reader):
    try:
        return reader.take(u64(reader)).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("CodecFault::Field") from None


def binary(reader):
    return reader.take(u64(reader)).hex()


def fixed(count):
    return lambda reader: reader.take(count).hex()


def option(kind):
    return lambda reader: kind(reader) if boolean(reader) else None


def choice(*names):
    def read(reader):
        number = u32(reader)
        check(number < len(names))
        return names[number]
    return read


def record(**fields):
    return lambda reader: {name: kind(reader) for name, kind in fields.items()}


def bounded(kind, least, most):
    def read(reader):
        value = kind(reader)
        check(least <= value <= most)
        return value
    return read


def is_day(number):
    year, month, day = number // 10000, number // 100 % 100, number % 100
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1900 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]


def day(reader):
    number = u32(reader)
    check(is_day(number))
    return f"{number // 10000:04}-{number // 100 % 100:02}-{number % 100:02}"


def month(reader):
    number = bounded(u16, 22800, 65535)(reader)
    return f"{number // 12:04}-{number % 12 + 1:02}"


def month_number(written):
    return int(written[:-3]) * 12 + int(written[-2:]) - 1


def is_code(value):
    return len(value) <= 32 and all("\x21" <= c <= "\x7e" for c in value)


def code(reader):
    value = text(reader)
    check(is_code(value))
    return value


def is_federation(name):
    return re.fullmatch(r"[a-z0-9.-]{1,64}", name) is not None


def is_origin(value):
    federation, _, region = value.partition("/")
    return is_federation(federation) and re.fullmatch("[1-9][0-9]{5}", region) is not None


def origin(reader):
    value = text(reader)
    check(is_origin(value))
    return value


hash32, id16 = fixed(32), fixed(16)
fen = bounded(i64, -10**15, 10**15)
rate = bounded(u32, 0, 100000)
division = bounded(u32, 100000, 999999)
namespace = choice("Hrss", "Nhsa", "Local", "Annuity", "Personal")
payer_kind = choice("Unit", "Person", "Government", "Platform", "Fund")
account_type = choice("General", "Temporary")

VALUES = {
    "u8": u8, "u16": u16, "u32": u32, "u64": wide, "i64": i64, "bool": boolean, "month": month, "day": day, "fen": fen,
    "optional month": option(month), "rate": rate, "division": division, "code": code, "payer kind": payer_kind,
    "namespace": namespace, "account type": account_type,
}


def read_strictly(kind, data):
    reader = Reader(data)
    value = kind(reader)
    reader.end()
    return value


# 3. Entries

def header_number(data, at):
    if at >= len(data):
        raise Refused("Invalid::EntryTruncated")
    first = data[at]
    if first <= 250:
        return first, at + 1
    check(first == 0xFB, "Invalid::EntryHeader")
    check(at + 3 <= len(data), "Invalid::EntryTruncated")
    value = int.from_bytes(data[at + 1:at + 3], "little")
    check(value > 250, "Invalid::EntryHeader")
    return value, at + 3


def split_first(data, start):
    """Kind, payload and end of the entry at `start`."""
    kind, at = header_number(data, start)
    length, at = header_number(data, at)
    check(length <= (60000 if kind == 0 else 2048), "Invalid::EntryTooLarge")
    check(length <= len(data) - at, "Invalid::EntryTruncated")
    return kind, data[at:at + length], at + length


def one_entry(data):
    kind, payload, end = split_first(data, 0)
    check(end == len(data), "Invalid::EntryTrailing")
    return kind, payload


# 4. and 5. Kinds and records

scheme = record(namespace=namespace, code=code)
period = record(first=month, months=u8)
payer = record(kind=payer_kind, id=code)
shares = record(unit=fen, person=fen)
side = record(place=division, agency=code)
source = record(agency=code, system=code, serial=code)

contribution = record(
    account=id16, scheme=scheme, period=period, settlement=month, received=option(day), place=division, payer=payer,
    nature=u16, base=fen, rates=record(unit=rate, person=rate), due=shares, paid=shares, credited=shares, full=boolean,
    late_fee=fen, subsidies=record(central=fen, province=fen, city=fen, county=fen), account_type=account_type,
    target=option(hash32), source=source,
)
reversal = record(account=id16, target=hash32, reason=code, source=source)
interest = record(account=id16, scheme=scheme, year=u16, rate=rate, amount=shares, posted=day, source=source)
participation = record(
    account=id16, scheme=scheme, **{"from": month}, place=division, payer=payer, reason=code,
    account_type=account_type, source=source,
)
transfer = record(
    account=id16, case=id16, scheme=scheme, source_side=side, target_side=side, on=day, first=option(month),
    last=option(month),
    sums=record(deemed_months=u16, actual_months=u16, personal_account=fen, personal_account_unit=fen, pool=fen),
    account_type=account_type, document=hash32, reason=code, source=source,
)
benefit = record(
    account=id16, scheme=scheme, item=code, **{"from": month}, until=option(month), amount=fen, on=day,
    place=division, target=option(hash32), reason=code, source=source,
)
identity = record(
    account=id16, other=id16, target=option(hash32), reason=code, evidence=hash32, on=day, source=source,
)
death = record(account=id16, month=month, on=day, document=hash32, source=source)
deemed = record(
    account=id16, scheme=scheme, first=month, last=month, place=division, on=day, document=hash32, reason=code,
    source=source,
)
household = record(account=id16, place=division, **{"from": month}, on=day, source=source)
retire_class = record(account=id16, **{"class": choice("M60", "F55", "F50")}, on=day, source=source)
birth = record(account=id16, birth=month, by=choice("CitizenId", "Archive"), on=day, document=hash32, source=source)
agreement = record(
    account=id16, scheme=scheme, first=month, last=month, keep=division, on=day, document=hash32, source=source,
)
bridge = record(
    account=id16, scheme=scheme, into=scheme, place=division, on=day, personal_account=fen, document=hash32,
    source=source,
)
dispute = record(
    account=id16, region=division, target=hash32, reason=code, on=day, document=hash32, source=source,
)
access_digest = record(day=day, entries=wide, last=hash32, before=hash32)
account_register = record(form=u16, size=wide, accounts=wide, root=hash32)
key_bound = record(
    account=id16, number=u32, kind=choice("Ed25519", "Passkey"), public=binary, credential=binary,
    relying_party=hash32, on=day, basis=code, maker=hash32, checker=hash32,
)
key_ended = record(account=id16, region=division, number=u32, on=day, reason=code)
trade = choice("Delivery", "RideHailing", "Freight", "Other")
platform_month = record(
    account=id16, platform=code, place=division, month=month, trade=trade,
    mode=choice("Foot", "Bicycle", "MotorCycle", "Car", "Online"),
    work=record(orders=u32, insured_orders=u32, days=u8, minutes=u32, longest_minutes=u32, night_minutes=u32),
    earnings=record(gross=fen, incentives=fen, deductions=fen, refunds=fen, net=fen),
    file=record(rows=u32, root=hash32), target=option(hash32), source=source,
)
oip_premium = record(
    platform=code, place=division, month=month, trade=trade, orders=wide, insured_orders=wide, due=fen, paid=fen,
    received=option(day), target=option(hash32), source=source,
)
injury_report = record(
    account=id16, case=id16, platform=code, place=division, trade=trade, occurred=wide, reported=wide,
    reporter=choice("Platform", "Worker", "Other"), order=hash32, attachment=hash32, source=source,
)
injury_determination = record(
    account=id16, case=id16,
    step=choice(
        "Accepted", "MaterialsAsked", "MaterialsComplete", "Suspended", "Resumed", "Recognised", "NotRecognised",
    ),
    scheme=scheme, place=division, on=day, document=hash32, reason=code, source=source,
)
disability_grade = record(
    account=id16, case=id16, grade=u8, place=division, on=day, document=hash32, source=source,
)
fund_prepay = record(
    platform=code, place=division, period=period, revenue=fen, rate=rate, due=fen, paid=fen, received=option(day),
    target=option(hash32), source=source,
)
fund_draw = record(
    platform=code, place=division, case=id16, way=choice("Drawn", "Repaid"), amount=fen, on=day,
    target=option(hash32), source=source,
)
subsidy = record(
    account=id16, programme=code, scheme=scheme, period=period, place=division, contribution=fen, share=rate,
    amount=fen, on=day, target=option(hash32), reason=code, source=source,
)
warning = record(
    id=hash32, rule=code, subject=record(worker=option(id16), party=code, case=option(id16)), place=division,
    first=month, last=month, found=wide, wanted=wide, basis=hash32, on=day, act_by=day, source=source,
)
warning_closed = record(
    id=hash32, target=hash32, ending=choice("Met", "Dismissed"), reason=code, on=day, source=source,
)
deposit = record(platform=code, public=fixed(32), records=u32, digest=hash32, signature=binary)
approval = record(submission=id16, submitter=code, content=hash32, maker=hash32, checker=hash32, on=day)

NAMES = {
    0: "Batch", 16: "PersonRegister", 17: "IdentityLink", 18: "IdentitySplit", 19: "EmployerRegister",
    20: "EmployerSuccession", 21: "RegionSuccession", 22: "DeathNotice", 32: "Enrol", 33: "Suspend", 34: "Resume",
    35: "Terminate", 36: "DeemedMonths", 37: "HukouFact", 38: "RetireClassFact", 39: "BirthDateFact", 48: "Due",
    49: "Received", 50: "AdjustDelta", 51: "Refund", 52: "Reversal", 53: "InterestCredit", 54: "SubsidyCredit",
    55: "LateFee", 64: "Certificate", 65: "TransferApply", 66: "Letter", 67: "Freeze", 68: "InfoSheet",
    69: "FundsSent", 70: "FundsReceived", 71: "Posted", 72: "Closed", 73: "Returned", 74: "Withdrawn",
    75: "Supplement", 76: "Correction", 80: "Bridge", 81: "DuplicateAgreement", 82: "MedicalSwitch",
    96: "BenefitApply", 97: "BenefitAward", 98: "BenefitPaid", 99: "BenefitSuspend", 100: "BenefitResume",
    101: "BenefitStop", 102: "Overpayment", 103: "Recovery", 104: "AccountInheritance", 112: "PlatformMonth",
    113: "OipPremium", 114: "InjuryReport", 115: "InjuryDetermination", 116: "DisabilityGrade", 117: "FundPrepay",
    118: "FundDraw", 128: "ParameterPublish", 129: "RulePublish", 130: "SubsidyApply", 131: "SubsidyAward",
    132: "PlanSnapshot", 133: "NoticeSent", 134: "NoticeRead", 144: "Consent", 145: "AccessDigest", 146: "Dispute",
    147: "DisputeOutcome", 148: "NodeKey", 149: "Checkpoint", 150: "Warning", 151: "WarningClosed",
    152: "AuditReport", 153: "AccountRegister", 154: "KeyBound", 155: "KeyEnded",
    156: "Approval", 157: "Deposit",
}
DUE, REFUND, SPLIT, DEEMED, AGREEMENT, KEY_BOUND, KEY_ENDED = 48, 51, 18, 36, 81, 154, 155
FIELDS = {
    **dict.fromkeys(range(48, 52), contribution), 52: reversal, 53: interest,
    **dict.fromkeys(range(32, 36), participation), **dict.fromkeys(range(64, 77), transfer),
    **dict.fromkeys(range(96, 104), benefit), 17: identity, 18: identity, 22: death, 36: deemed, 37: household,
    38: retire_class, 39: birth, 80: bridge, 81: agreement, 145: access_digest, 146: dispute, 147: dispute,
    153: account_register, 154: key_bound, 155: key_ended, 156: approval, 54: subsidy, 112: platform_month,
    113: oip_premium, 114: injury_report, 115: injury_determination, 116: disability_grade, 117: fund_prepay,
    118: fund_draw, 130: subsidy, 131: subsidy, 150: warning, 151: warning_closed, 157: deposit,
}


def check_paid(fields):
    check(fields["platform"] != "" and min(fields["due"], fields["paid"]) >= 0)
    check((fields["paid"] > 0) == (fields["received"] is not None))


def check_month(fields):
    work, money, rows = fields["work"], fields["earnings"], fields["file"]["rows"]
    check(fields["platform"] != "" and work["insured_orders"] <= work["orders"] <= rows and 0 < rows <= 44640)
    check(work["days"] <= 31 and work["minutes"] <= work["days"] * 1440)
    check(max(work["longest_minutes"], work["night_minutes"]) <= work["minutes"])
    check(all(sum >= 0 for name, sum in money.items() if name != "net"))
    check(money["net"] == money["gross"] + money["incentives"] - money["deductions"] + money["refunds"])


def check_premium(fields):
    check(int(fields["insured_orders"]) <= int(fields["orders"]))
    check_paid(fields)


def check_report(fields):
    check(fields["platform"] != "" and int(fields["occurred"]) <= int(fields["reported"]))


def check_grade(fields):
    check(1 <= fields["grade"] <= 10)


def check_prepay(fields):
    check(fields["revenue"] >= 0)
    check_paid(fields)


def check_draw(fields):
    check(fields["platform"] != "" and fields["amount"] > 0)
    check((fields["way"] == "Repaid") == (fields["target"] is not None))


def check_subsidy(fields):
    check(fields["programme"] != "" and min(fields["contribution"], fields["amount"]) >= 0)


def check_credit(fields):
    check_subsidy(fields)
    check(fields["target"] is not None)


def check_warning(fields):
    subject = fields["subject"]
    worker, party, case = subject["worker"], subject["party"].encode(), subject["case"]
    check(fields["rule"] != "" and (worker is not None or party != b"" or case is not None))
    check(month_number(fields["first"]) <= month_number(fields["last"]))
    rule = fields["rule"].encode()
    check(fields["id"] == blake3.derive(
        "yizhang 2026-11-30 v1 warning",
        bytes([len(rule)]) + rule + bytes([worker is not None, case is not None])
        + bytes.fromhex(worker or "00" * 16) + bytes.fromhex(case or "00" * 16) + bytes([len(party)]) + party
        + fields["place"].to_bytes(4, "little") + month_number(fields["first"]).to_bytes(2, "little"),
    ).hex())


def check_closed(fields):
    check(fields["ending"] != "Dismissed" or fields["reason"] != "")


def check_deposit(fields):
    check(fields["platform"] != "" and fields["records"] > 0 and len(fields["signature"]) == 128)


PLATFORM_RULES = {
    54: check_credit, 112: check_month, 113: check_premium, 114: check_report, 116: check_grade, 117: check_prepay,
    118: check_draw, 130: check_subsidy, 131: check_subsidy, 150: check_warning, 151: check_closed, 157: check_deposit,
}


def check_rules(kind, fields):
    if "scheme" in fields:
        check(fields["scheme"]["code"] != "")
    if "into" in fields:
        check(fields["into"]["code"] != "")
        check(fields["scheme"] != fields["into"])
    if "period" in fields:
        months = fields["period"]["months"]
        check(1 <= months <= 12)
        check(month_number(fields["period"]["first"]) + months - 1 <= 65535)
    if kind in range(48, 52):
        check(fields["payer"]["kind"] != "Unit" or fields["payer"]["id"] != "")
        check(kind != REFUND or fields["target"] is not None)
        check((kind == DUE) == (fields["received"] is None))
    elif kind in PLATFORM_RULES:
        PLATFORM_RULES[kind](fields)
    elif "year" in fields:
        check(1900 <= fields["year"] <= 9999)
    elif "sums" in fields:
        first, last = fields["first"], fields["last"]
        check((first is None) == (last is None))
        check(first is None or month_number(first) <= month_number(last))
    elif "until" in fields:
        check(fields["until"] is None or month_number(fields["from"]) <= month_number(fields["until"]))
    elif kind in (DEEMED, AGREEMENT):
        months = month_number(fields["last"]) - month_number(fields["first"])
        check(months >= 0 and (kind != DEEMED or months < 1200))
    elif "entries" in fields:
        check(int(fields["entries"]) > 0)
    elif "form" in fields:
        size, count = int(fields["size"]), int(fields["accounts"])
        check(fields["form"] > 0 and size <= LEAVES and count <= 2 * size)
        check((count == 0) == (fields["root"] == REGISTER.empty.hex()))
    elif "credential" in fields:
        passkey, length = fields["kind"] == "Passkey", len(fields["credential"]) // 2
        check(len(fields["public"]) // 2 == (65 if passkey else 32))
        check(not passkey or fields["public"].startswith("04"))
        check((length > 0) == passkey and length <= 255)
        check((fields["relying_party"] != "00" * 32) == passkey)
    elif "submission" in fields:
        check(fields["submitter"] != "" and "00" * 32 not in (fields["maker"], fields["checker"]))
        check(fields["maker"] != fields["checker"])
    elif "other" in fields:
        check(fields["account"] != fields["other"])
        check((kind == SPLIT) == (fields["target"] is not None))


def read_record(kind, payload):
    if kind not in FIELDS:
        return {"payload": payload.hex()}
    try:
        fields = read_strictly(FIELDS[kind], payload)
        check_rules(kind, fields)
    except Refused as fault:
        raise Refused(f"Invalid::Payload/{fault}") from None
    return fields


# Kinds without fields so far that are found under the account in their first 16 bytes.
PERSONAL = {54, 55, 82, 104, 112, 114, 115, 116, 130, 131, 132, 133, 134, 144, *range(1024, 2048)}


def accounts(kind, fields):
    if kind not in FIELDS:
        return [fields["payload"][:32]] if kind in PERSONAL and len(fields["payload"]) >= 32 else []
    if kind in (KEY_BOUND, KEY_ENDED):
        return []
    return [fields[name] for name in ("account", "other") if name in fields]


# 6. Batches

BATCH_BYTES, SUBMISSION_BYTES, RECORDS, SUBMISSIONS, LEAVES = 3145728, 3080192, 16384, 1024, 2**63 - 1


def submissions(reader):
    count = u16(reader)
    check(count <= SUBMISSIONS)
    return [record(id=id16, submitter=code, records=u32)(reader) for _ in range(count)]


batch_entry = record(
    origin=origin, number=wide, first=wide, previous=hash32, root_before=hash32, time=wide, roster=wide, records=u32,
    submissions=submissions,
)


def read_records(data, at):
    """The ends of the entries from `at` on."""
    ends = []
    while at < len(data):
        check(len(ends) < RECORDS, "Invalid::RecordsOutOfRange")
        kind, payload, at = split_first(data, at)
        check(kind != 0, "Invalid::BatchAmongRecords")
        read_record(kind, payload)
        ends.append(at)
    check(ends, "Invalid::RecordsOutOfRange")
    return ends


def leaves_between(data, start, ends):
    return [leaf(data[one:other]) for one, other in zip([start, *ends], ends)]


def content_digest(leaves):
    return blake3.derive("yizhang 2026-11-23 v1 submission content", b"".join(leaves)).hex()


def read_submission(data):
    check(len(data) <= SUBMISSION_BYTES, "Invalid::BatchTooLarge")
    leaves = leaves_between(data, 0, read_records(data, 0))
    return {"records": len(leaves), "content": content_digest(leaves)}


def read_batch_fields(payload):
    try:
        entry = read_strictly(batch_entry, payload)
        check(int(entry["first"]) + BATCH_BYTES <= LEAVES)
    except Refused as fault:
        raise Refused(f"Invalid::Payload/{fault}") from None
    return entry


class Batch:
    def __init__(self, data):
        check(len(data) <= BATCH_BYTES, "Invalid::BatchTooLarge")
        kind, payload, start = split_first(data, 0)
        check(kind == 0, "Invalid::NotABatch")
        self.entry = read_batch_fields(payload)
        self.first = int(self.entry["first"])
        self.ends = [start, *read_records(data, start)]
        parts, promised = self.entry["submissions"], self.entry["records"]
        check(len(self.ends) - 1 == promised, "Invalid::RecordCount")
        check(all(part["records"] for part in parts), "Invalid::Payload/CodecFault::Field")
        check(sum(part["records"] for part in parts) == promised, "Invalid::SubmissionCount")
        self.leaves = leaves_between(data, 0, self.ends)

    def fields(self):
        parts, at = [], 1
        for part in self.entry["submissions"]:
            leaves = self.leaves[at:at + part["records"]]
            parts.append({"first": str(self.first + at), "content": content_digest(leaves)})
            at += part["records"]
        return {
            "entry": self.entry, "ends": self.ends, "leaves": [leaf.hex() for leaf in self.leaves],
            "link": self.leaves[0].hex(), "size_after": str(self.first + len(self.ends)), "submissions": parts,
        }


# 7. Hashing

LEAF_KEY = bytes.fromhex("a5864fc16f3b5fc378c5ee1a9210757d18a8a7f7900c2191c5e4f69f9e32133d")
BRANCH_KEY = bytes.fromhex("a3df8308bb5f29c7220841ad3929d2b2b9f5bc7c03584a9412acab4c2e94e599")
assert LEAF_KEY == blake3.derive("yizhang 2026-11-23 v1 leaf", b"")
assert BRANCH_KEY == blake3.derive("yizhang 2026-11-23 v1 branch", b"")


def leaf(entry):
    preimage = len(entry).to_bytes(4, "little") + entry
    return blake3.keyed(LEAF_KEY, preimage + bytes(-len(preimage) % 64))


class Tree:
    """The key of the branches of a tree."""

    def __init__(self, key):
        self.key, self.empty = key, blake3.keyed(key, b"")

    def branch(self, left, right):
        return blake3.keyed(self.key, left + right)


CHAIN = Tree(BRANCH_KEY)
EMPTY, branch = CHAIN.empty, CHAIN.branch


# 8. The tree

def root(leaves, tree=CHAIN):
    if len(leaves) <= 1:
        return leaves[0] if leaves else tree.empty
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return tree.branch(root(leaves[:split], tree), root(leaves[split:], tree))


def inclusion_length(index, size):
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def verify_inclusion(leaf_hash, index, size, path, expected, tree=CHAIN):
    check(index < size, "ProofFault::OutOfRange")
    check(len(path) == inclusion_length(index, size), "ProofFault::PathLength")
    f, s, r = index, size - 1, leaf_hash
    for p in path:
        if f & 1 or f == s:
            r = tree.branch(p, r)
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            r = tree.branch(r, p)
        f, s = f >> 1, s >> 1
    check(r == expected, "ProofFault::RootMismatch")


def open_multiproof(leaves, size, proof, expected, tree=CHAIN):
    """The path of each of several leaves, which are hashes by their indexes, to the root that is expected."""
    check(leaves and all(index < size for index in leaves), "ProofFault::OutOfRange")
    indexes, given = sorted(leaves), iter(proof)

    def part(low, high, inside):
        """Hash and paths of the leaves [low, high), of which `inside` are known."""
        if not inside:
            return next(given, None), {}
        if high - low == 1:
            return leaves[low], {low: []}
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        left, left_paths = part(low, middle, [index for index in inside if index < middle])
        right, right_paths = part(middle, high, [index for index in inside if index >= middle])
        check(left is not None and right is not None, "ProofFault::PathLength")
        paths = {index: [*path, right] for index, path in left_paths.items()}
        paths |= {index: [*path, left] for index, path in right_paths.items()}
        return tree.branch(left, right), paths

    found, paths = part(0, size, indexes)
    check(next(given, None) is None, "ProofFault::PathLength")
    check(found == expected, "ProofFault::RootMismatch")
    return paths


def verify_consistency(old, new, old_root, new_root, path):
    check(old <= new, "ProofFault::OutOfRange")
    if old == 0 or old == new:
        check(not path, "ProofFault::PathLength")
        check(old_root == (EMPTY if old == 0 else new_root), "ProofFault::RootMismatch")
        check(new > 0 or new_root == EMPTY, "ProofFault::RootMismatch")
        return
    f, s, power = old - 1, new - 1, old & (old - 1) == 0
    while f & 1:
        f, s = f >> 1, s >> 1
    check(len(path) == inclusion_length(f, s + 1) + (0 if power else 1), "ProofFault::PathLength")
    first, *rest = [old_root, *path] if power else path
    a = b = first
    for c in rest:
        if f & 1 or f == s:
            a, b = branch(c, a), branch(c, b)
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            b = branch(b, c)
        f, s = f >> 1, s >> 1
    check(a == old_root and b == new_root, "ProofFault::RootMismatch")


# The register of accounts

ACCOUNT_KEY, CONTENT_KEY, REGISTER_LEAF_KEY, REGISTER_BRANCH_KEY = (
    blake3.derive(f"yizhang 2026-11-29 v1 register {part}", b"") for part in ("account", "content", "leaf", "branch")
)
REGISTER = Tree(REGISTER_BRANCH_KEY)


def block(*parts):
    return b"".join(parts).ljust(64, b"\0")


def account_hash(account, leaves):
    value = blake3.keyed(ACCOUNT_KEY, block(account))
    for one in leaves:
        value = blake3.keyed(ACCOUNT_KEY, value + one)
    return value


def register_content(account, leaves):
    count = len(leaves).to_bytes(8, "little")
    return blake3.keyed(CONTENT_KEY, block(count, account_hash(account, leaves)))


def register_leaf(account, content):
    return blake3.keyed(REGISTER_LEAF_KEY, block(account, content))


def read_as(rule, read, *given):
    """What is refused inside something else is named with it."""
    try:
        return read(*given)
    except Refused as fault:
        raise Refused(f"{rule}/{fault}") from None


def read_register(data, at):
    kind, payload = read_as("RegisterFault::Record", one_entry, data)
    fields = read_as("RegisterFault::Record", read_record, kind, payload)
    check(kind == 153, "RegisterFault::NotARegister")
    check(fields["form"] in (1, 2), "RegisterFault::Form")
    check(int(fields["size"]) <= at, "RegisterFault::BeyondItself")
    return fields


def verify_register_leaf(fields, leaf_hash, index, path):
    where = int(fields["accounts"]), path, bytes.fromhex(fields["root"]), REGISTER
    read_as("RegisterFault::Path", verify_inclusion, leaf_hash, index, *where)


def verify_presence(fields, account, records, index, path):
    previous, leaves = -1, []
    for at, entry, *hidden in records:
        check(at > previous, "RegisterFault::Order")
        check(at < int(fields["size"]), "RegisterFault::NotCovered")
        previous = at
        if hidden:
            leaves += hidden
            continue
        kind, payload = read_as("RegisterFault::Record", one_entry, entry)
        named = accounts(kind, read_as("RegisterFault::Record", read_record, kind, payload))
        check(account.hex() in named, "RegisterFault::OtherAccount")
        leaves.append(leaf(entry))
    check(leaves, "RegisterFault::NoRecords")
    verify_register_leaf(fields, register_leaf(account, register_content(account, leaves)), index, path)


def verify_absence(fields, account, before, left, right):
    count = int(fields["accounts"])
    check(before <= count, "RegisterFault::Before")
    check((left is None) == (before == 0), "RegisterFault::Neighbour")
    if left is not None:
        check(left[0] < account, "RegisterFault::Between")
        verify_register_leaf(fields, register_leaf(*left[:2]), before - 1, left[2])
    check((right is None) == (before == count), "RegisterFault::Neighbour")
    if right is not None:
        check(right[0] > account, "RegisterFault::Between")
        verify_register_leaf(fields, register_leaf(*right[:2]), before, right[2])


# 9. Notes

WHITE_SPACE = set("\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}


def strict_base64(value):
    """The bytes, or None."""
    try:
        data = b64decode(value, validate=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == value else None


def is_name(name):
    control = any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in name)
    return name != "" and "+" not in name and not control and not WHITE_SPACE & set(name)


def key_id(name, key, algorithm=1):
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + key).digest()[:4]


def is_key(name, key):
    return is_name(name) and ed25519.is_key(key)


def read_line(line):
    """Line, name, key id and what stands behind it, or None."""
    name, space, encoded = line[2:].partition(" ")
    data = strict_base64(encoded)
    if not line.startswith("\u2014 ") or not space or not is_name(name) or data is None or len(data) < 4:
        return None
    return line, name, data[:4], data[4:]


class Note:
    def __init__(self, data):
        def form(holds):
            check(holds, "Invalid::NoteForm")
        form(len(data) <= 262144)
        try:
            note = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("Invalid::NoteForm") from None
        form(not any(c < " " and c != "\n" or c == "\x7f" for c in note))
        blank = note.rfind("\n\n")
        form(blank >= 0)
        self.text, lines = note[:blank + 1], note[blank + 2:]
        form(lines.endswith("\n"))
        lines = lines[:-1].split("\n")
        form(len(lines) <= 100)
        self.lines = [read_line(line) for line in lines]
        form(None not in self.lines)

    def is_signed_by(self, name, key):
        own = [s for _, n, i, s in self.lines if n == name and i == key_id(name, key) and len(s) == 64]
        if not own:
            return False
        check(ed25519.verify(key, self.text.encode(), own[0]) and len(own) == 1, "Invalid::BadSignature")
        return True


# 10. Heads

class Head:
    def __init__(self, data, roster):
        check(len(data) <= 65536, "Invalid::NoteForm")
        note = Note(data)
        lines = note.text[:-1].split("\n")
        check(len(lines) == 3, "Invalid::HeadForm")
        self.origin, size, encoded = lines
        check(is_origin(self.origin), "Invalid::HeadForm")
        check(re.fullmatch("0|[1-9][0-9]{0,18}", size) and int(size) <= LEAVES, "Invalid::HeadForm")
        self.size, self.root = int(size), strict_base64(encoded)
        check(self.root is not None and len(self.root) == 32, "Invalid::HeadForm")
        keys = roster.chains.get(self.origin)
        check(keys is not None, "Invalid::UnknownOrigin")
        valid = [key for key, first, last in keys if first <= self.size and (last is None or self.size <= last)]
        signed = any(note.is_signed_by(self.origin, key) for key in valid)
        check(signed, "Invalid::NoTrustedSignature")
        check(self.size > 0 or self.root == EMPTY, "Invalid::HeadRoot")
        continued = roster.continuations[self.origin].get(self.size, self.root)
        check(self.root == continued, "Invalid::HeadNotContinued")


# Cosignatures

class Cosigner:
    def __init__(self, name, key):
        self.name, self.key, self.id = name, key, key_id(name, key, 4)

    def owns(self, line):
        return line[1:3] == (self.name, self.id)

    def time_of(self, text, line):
        body = line[3]
        check(len(body) == 72, "CosignatureFault::Length")
        seconds = int.from_bytes(body[:8], "big")
        check(seconds < 2**63, "CosignatureFault::Time")
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        check(ed25519.verify(self.key, message, body[8:]), "CosignatureFault::Signature")
        return seconds

    def verify(self, text, line):
        line = read_line(line.removesuffix("\n"))
        check(line, "CosignatureFault::Form")
        check(self.owns(line), "CosignatureFault::OtherKey")
        return self.time_of(text, line)


def cosignatures(note, known):
    """Name and time of each, in the order of the known cosigners."""
    found, seen = [], set()
    for cosigner in known:
        lines = [line for line in note.lines if cosigner.owns(line)]
        if lines and (cosigner.name, cosigner.key) not in seen:
            found.append((cosigner.name, cosigner.time_of(note.text, lines[0])))
            check(len(lines) == 1, "CosignatureFault::Twice")
        seen.add((cosigner.name, cosigner.key))
    return found


def add_cosignature(note, cosigner, line):
    """The signature lines after it."""
    times = [(cosigner.verify(note.text, line), line.removesuffix("\n"))]
    for own in filter(cosigner.owns, note.lines):
        try:
            times.append((cosigner.time_of(note.text, own), own[0]))
        except Refused:
            pass
    others = [other[0] for other in note.lines if not cosigner.owns(other)]
    lines = "".join(f"{line}\n" for line in [*others, max(times)[1]])
    check(len(others) <= 99 and len((note.text + "\n" + lines).encode()) <= 65536, "CosignatureFault::NoRoom")
    return lines


# 11. The roster

NUMBER = "(0|[1-9][0-9]*)"


class Roster:
    def __init__(self, data, trusted, threshold):
        self.read(data)
        self.ensure_signed(trusted, threshold)

    def read(self, data):
        """As its text has it, whoever has signed it."""
        self.note = note = Note(data)
        self.lines, self.keys = note.text[:-1].split("\n"), set()
        self.parse()
        self.hash = blake3.derive("yizhang 2026-11-29 v1 roster", note.text.encode()).hex()
        return self

    def ensure_signed(self, trusted, threshold):
        name = f"{self.federation}/root"
        signed = 0
        for key in dict.fromkeys(trusted):
            check(is_key(name, key), "Invalid::RosterForm")
            signed += self.note.is_signed_by(name, key)
        check(signed >= max(threshold, 1), "Invalid::RosterSignatures")

    def line(self, pattern, optional=False):
        match = re.fullmatch(pattern, self.lines[0]) if self.lines else None
        check(match or optional, "Invalid::RosterForm")
        if match:
            self.lines.pop(0)
        return match

    def number(self, value):
        # Compared by length first: Python refuses to read thousands of digits, in its own way.
        check(len(value) <= 20 and int(value) < 2**64, "Invalid::RosterForm")
        return int(value)

    def key(self, name, encoded):
        key = strict_base64(encoded)
        check(key is not None and len(key) == 32 and is_key(name, key), "Invalid::RosterForm")
        check(key not in self.keys, "Invalid::RosterForm")
        self.keys.add(key)
        return key

    def parse(self):
        self.line("yizhang-roster/v2")
        self.federation = self.line("federation (.*)")[1]
        check(is_federation(self.federation), "Invalid::RosterForm")
        self.version = self.number(self.line("version " + NUMBER)[1])
        check(self.version >= 1, "Invalid::RosterForm")
        previous = self.line("previous (-|[0-9a-f]{64})")[1]
        check((self.version == 1) == (previous == "-") and previous != "0" * 64, "Invalid::RosterForm")
        self.previous = "0" * 64 if previous == "-" else previous
        self.threshold = self.number(self.line("threshold " + NUMBER)[1])
        self.mirrors = self.number(self.line("mirrors " + NUMBER)[1])
        check(self.mirrors <= 255, "Invalid::RosterForm")
        self.roots = []
        while match := self.line("root (.*)", optional=True):
            self.roots.append(self.key(f"{self.federation}/root", match[1]))
        check(1 <= len(self.roots) <= 16, "Invalid::RosterForm")
        check(1 <= self.threshold <= len(self.roots), "Invalid::RosterForm")
        self.authority = strict_base64(self.line("authority (.*)")[1])
        check(self.authority is not None, "Invalid::RosterForm")
        self.regions, self.chains, self.continuations = [], {}, {}
        while match := self.line("region ([1-9][0-9]{5}) (https://.*)", optional=True):
            self.region(match[1], match[2])
        check(not self.lines and len(self.regions) <= 256, "Invalid::RosterForm")

    def region(self, region, endpoint):
        check(all("\x21" <= c <= "\x7e" for c in endpoint), "Invalid::RosterForm")
        check(not self.regions or self.regions[-1]["code"] < int(region), "Invalid::RosterForm")
        origin = f"{self.federation}/{region}"
        kinds = {"chain": origin, "witness": f"{origin}/witness", "mirror": f"{origin}/mirror"}
        spans = {kind: self.spans(region, kind, name) for kind, name in kinds.items()}
        self.chains[origin] = spans["chain"]
        continuations = self.continues(region, spans["chain"])
        trees = [tree for pair in continuations for tree in pair]
        self.continuations[origin] = {size: bytes.fromhex(root) for size, root in trees}
        self.regions.append({"code": int(region), "origin": origin, "endpoint": endpoint} | {
            kind: [
                {"key": key.hex(), "from": str(first), "until": None if last is None else str(last)}
                for key, first, last in keys
            ]
            for kind, keys in spans.items()
        } | {"continues": [
            {name: {"size": str(size), "root": root} for name, (size, root) in zip(("agreed", "from"), pair)}
            for pair in continuations
        ]})

    def continues(self, region, keys):
        found = []
        tree = f"{NUMBER} ([0-9a-f]{{64}})"
        while match := self.line(f"continues {region} {tree} {tree}", optional=True):
            agreed, size = (self.number(match[1]), match[2]), self.number(match[3])
            pair = agreed, (size, match[4])
            check(0 < agreed[0] <= size < 2**63 and (agreed[0] < size or agreed == pair[1]), "Invalid::RosterForm")
            before = found[-1][1][0] if found else 0
            check(before <= agreed[0] and before < size, "Invalid::RosterForm")
            on_both_sides = [k for k, first, last in keys if first <= size and (last is None or last > size)]
            check(not on_both_sides and len(found) < 16, "Invalid::RosterForm")
            found.append(pair)
        return found

    def spans(self, region, kind, name):
        keys = []
        while match := self.line(f"key {region} {kind} (\\S*) {NUMBER} (-|{NUMBER})", optional=True):
            key, first = self.key(name, match[1]), self.number(match[2])
            last = None if match[3] == "-" else self.number(match[3])
            check(last is None or first <= last, "Invalid::RosterForm")
            check(first < 2**63 and (last is None or last < 2**63), "Invalid::RosterForm")
            check(not keys or (keys[-1][2] is not None and keys[-1][1] <= first), "Invalid::RosterForm")
            check(len(keys) < 64, "Invalid::RosterForm")
            keys.append((key, first, last))
        return keys

    def root_fingerprint(self):
        named = f"{self.federation}\n{self.threshold}\n".encode()
        return blake3.derive("yizhang 2026-11-30 v1 root fingerprint", named + b"".join(self.roots))[:16].hex()

    @classmethod
    def from_fingerprint(cls, notes, trusted):
        """The newest version, by versions that lead from trusted root keys."""
        check(1 <= len(notes) <= 1024, "TrustFault::Versions")
        newest = None
        for note in notes:
            if newest is not None:
                newest = read_as("TrustFault::Version", newest.next, note)
                continue
            candidate = read_as("TrustFault::Version", cls.__new__(cls).read, note)
            if candidate.root_fingerprint() == trusted:
                read_as("TrustFault::Version", candidate.ensure_signed, candidate.roots, candidate.threshold)
                newest = candidate
        check(newest is not None, "TrustFault::OtherRoots")
        return newest

    def doubts(self, head):
        """Whether a head may be of a history that its chain has given up."""
        region = next(region for region in self.regions if region["origin"] == head.origin)
        spans = [(int(one["agreed"]["size"]), int(one["from"]["size"])) for one in region["continues"]]
        return any(agreed < head.size < size for agreed, size in spans)

    def promises(self, note, own, kind):
        """Region and time of the cosignatures of a kind that count: of a region one, and none of the chain's own."""
        found = {}
        for region in self.regions:
            for span in region[kind] if region["origin"] != own else []:
                cosigner = Cosigner(f"{region['origin']}/{kind}", bytes.fromhex(span["key"]))
                for _, seconds in cosignatures(note, [cosigner]):
                    counts = int(span["from"]) <= seconds and (span["until"] is None or seconds <= int(span["until"]))
                    if counts and region["code"] not in found:
                        found[region["code"]] = seconds
        return found

    def next(self, data):
        following = Roster(data, self.roots, self.threshold)
        follows = following.federation == self.federation and following.version == self.version + 1
        check(follows, "Invalid::RosterForm")
        check(following.previous == self.hash, "Invalid::RosterPrevious")
        return following

    def fields(self):
        return {
            "federation": self.federation, "version": str(self.version), "previous": self.previous, "hash": self.hash, "threshold": self.threshold,
            "mirrors": self.mirrors,
            "roots": [key.hex() for key in self.roots], "tls_authority": self.authority.hex(),
            "regions": self.regions,
        }


# 12. People

def check_character(digits):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights)) % 11]


def normalised(value):
    value = value.strip("".join(WHITE_SPACE))
    value = "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in value)
    if re.match("[0-9]", value):
        allowed = all("0" <= c <= "9" or c == "X" and at == 17 for at, c in enumerate(value))
        check(allowed, "NumberFault::Character")
        if len(value) == 15:
            value = value[:6] + "19" + value[6:]
            value += check_character(value)
        check(len(value) == 18, "NumberFault::Length")
        check(is_day(int(value[6:14])), "NumberFault::BirthDate")
        check(value[17] == check_character(value[:17]), "NumberFault::Check")
    else:
        check(re.fullmatch("[A-Z0-9]*", value), "NumberFault::Character")
        check(4 <= len(value) <= 32, "NumberFault::Length")
    return value


def commitment(salt, number):
    return blake3.derive("yizhang 2026-11-30 v1 number commitment", salt + number.encode())


def account_id(secret, number):
    return blake3.derive("yizhang 2026-11-23 v1 account id", secret + number.encode())[:16].hex()


def account_ids(secrets, number):
    """Under each secret, oldest first."""
    ids = [account_id(secrets[0], number)]
    for secret in secrets[1:]:
        key = blake3.derive("yizhang 2026-11-29 v1 account id under a later secret", secret)
        ids.append(aes.encrypt(key, bytes.fromhex(ids[-1])).hex())
    return ids


# 13. Segment files

def checksum(data):
    return blake3.derive("yizhang 2026-11-23 v1 segment checksum", data)[:16]


def read_segment(data, expected_origin):
    check(len(data) >= 128, "FrameFault::Truncated")
    check(data[:8] == bytes.fromhex("595a53454700010a"), "FrameFault::Header")
    check(checksum(data[:112]) == data[112:128], "FrameFault::Checksum")
    check(data[16:112] == expected_origin.encode().ljust(96, b"\0"), "FrameFault::Foreign")
    frames, at = [], 128
    while at < len(data):
        frame, at = read_frame(data, at)
        frames.append(frame)
    return {"first": str(int.from_bytes(data[8:16], "little")), "frames": frames}


def read_frame(data, start):
    header = data[start:start + 40]
    check(len(header) == 40, "FrameFault::Truncated")
    kind, length, entries = (int.from_bytes(header[at:at + 4], "little") for at in (4, 8, 12))
    offset_bytes = entries // 16 * 4
    bounds = length <= 4194304 and entries <= 16385 and offset_bytes <= length and (kind == 1 or entries == 0)
    check(header[:4] == b"YZFR" and kind in (1, 2) and bounds, "FrameFault::Header")
    body = data[start + 40:start + 40 + length]
    check(len(body) == length, "FrameFault::Truncated")
    check(checksum(header[:24] + body) == header[24:], "FrameFault::Checksum")
    content, offsets = body[:length - offset_bytes], body[length - offset_bytes:]
    return {
        "kind": {1: "Batch", 2: "Head"}[kind], "entries": entries,
        "position": str(int.from_bytes(header[16:24], "little")), "content": content.hex(),
        "offsets": [int.from_bytes(offsets[at:at + 4], "little") for at in range(0, offset_bytes, 4)],
    }, start + 40 + length


# 14. What a verifier does

class Chain:
    def __init__(self, name):
        self.origin, self.batches, self.link, self.time, self.roster, self.leaves = name, 0, bytes(32), 0, 0, []

    def follow(self, batch, head_bytes, roster):
        entry = batch.entry
        check(entry["origin"] == self.origin, "Invalid::WrongChain")
        check(batch.first == len(self.leaves), "Invalid::WrongPosition")
        check(int(entry["number"]) == self.batches, "Invalid::WrongNumber")
        check(entry["previous"] == self.link.hex(), "Invalid::LinkMismatch")
        check(entry["root_before"] == root(self.leaves).hex(), "Invalid::RootBeforeMismatch")
        check(int(entry["time"]) >= self.time, "Invalid::TimeWentBack")
        check(int(entry["roster"]) >= self.roster, "Invalid::RosterWentBack")
        leaves = self.leaves + batch.leaves
        head = Head(head_bytes, roster)
        check(head.origin == self.origin, "Invalid::WrongChain")
        check(head.size == len(leaves), "Invalid::HeadSize")
        check(head.root == root(leaves), "Invalid::HeadRoot")
        self.leaves, self.link, self.batches = leaves, batch.leaves[0], self.batches + 1
        self.time, self.roster = int(entry["time"]), int(entry["roster"])

    def fields(self):
        return {
            "batches": str(self.batches), "size": str(len(self.leaves)), "root": root(self.leaves).hex(),
            "link": self.link.hex(), "time": str(self.time), "roster": str(self.roster),
        }


def prove(data, index, path, head):
    kind, payload = one_entry(data)
    check(kind != 0, "Invalid::BatchAmongRecords")
    try:
        verify_inclusion(leaf(data), index, head.size, path, head.root)
    except Refused as fault:
        raise Refused(f"Invalid::Proof/{fault}") from None
    read_record(kind, payload)
    return {"region": int(head.origin[-6:]), "id": leaf(data).hex(), "kind": kind}
