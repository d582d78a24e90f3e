//! The proof of an order: an honest one holds, and altered in any field, or in any byte, it is refused.

use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::NoteKey,
    order::{OrderRow, OrderSecret, OrderStatus, leaf, root},
    person::AccountId,
    record::{
        Earnings, OrderRows, PlatformMonth, Record, Reversal, Source, Trade, TransportMode, Work,
    },
    roster::{ChainKey, Region, Roster},
    tree,
    value::{Code, Division, Fen, LeafIndex, Month, TreeSize, UnixMillis},
};
use yizhang_statement::{
    ORDER_PROOF_BYTES_MAX, OrderField, OrderProof, OrderProofFault, RecordEvidence,
};

const PLATFORM: &str = "91440300MA00000745";
/// 2026-10-03 12:00 in China.
const NOON: u64 = 1_791_000_000_000;
const SECRET: OrderSecret = OrderSecret([3; 32]);

fn region() -> Division {
    Division::new(440_000).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn origin() -> Origin {
    Origin::new("test.yizhang", region()).unwrap()
}

fn roster(key: &SigningKey) -> Roster {
    let public = NoteKey::new(origin().as_str(), key.verifying_key().to_bytes());
    let keys = vec![ChainKey {
        key: public.unwrap(),
        from: TreeSize(0),
        until: None,
    }];
    let entry = Region {
        origin: origin(),
        endpoint: "https://localhost:1".into(),
        keys,
        witness_keys: Vec::new(),
        mirror_keys: Vec::new(),
        continuations: Vec::new(),
    };
    Roster {
        federation: "test.yizhang".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![[1; 32]],
        tls_authority: Vec::new(),
        regions: BTreeMap::from([(region(), entry)]),
    }
}

fn code(text: &str) -> Code<'_> {
    Code::new(text).unwrap()
}

fn row(number: &str, at: u64) -> OrderRow<'_> {
    let fen = |fen| Fen::new(fen).unwrap();
    OrderRow {
        order: code(number),
        platform: code(PLATFORM),
        account: AccountId([0xA5; 16]),
        place: Division::new(440_300).unwrap(),
        trade: Trade::Delivery,
        mode: TransportMode::Bicycle,
        status: OrderStatus::Completed,
        insured: true,
        accepted: UnixMillis(NOON + at * 60_000),
        finished: UnixMillis(NOON + at * 60_000 + 1),
        gross: fen(680),
        incentives: fen(100),
        deductions: fen(30),
        refunds: fen(1),
        route: Hash([8; 32]),
    }
}

fn month(rows: u32, root: Hash) -> PlatformMonth<'static> {
    let first = row("A", 0);
    PlatformMonth {
        account: first.account,
        platform: Code::new(PLATFORM).unwrap(),
        place: first.place,
        month: Month::parse("2026-10").unwrap(),
        trade: first.trade,
        mode: first.mode,
        work: Work {
            orders: rows,
            days: 1,
            ..Work::default()
        },
        earnings: Earnings::default(),
        file: OrderRows { rows, root },
        target: None,
        source: Source::default(),
    }
}

fn written(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

/// The proof of one of the orders of a month, whose record stands among others in a chain.
fn proof_of(rows: &[OrderRow<'_>], at: usize, record: &Record<'_>) -> OrderProof {
    let salt = |row: &OrderRow<'_>| SECRET.salt(row.platform, row.order);
    let bytes: Vec<Vec<u8>> = rows.iter().map(|row| row.write().unwrap()).collect();
    let leaves = rows.iter().zip(&bytes);
    let leaves: Vec<Hash> = leaves.map(|(row, bytes)| leaf(&salt(row), bytes)).collect();
    let entry = written(record);
    let mut entries: Vec<Hash> = (0..11_u8).map(|at| hash_leaf(&[at])).collect();
    entries[6] = hash_leaf(&entry);
    let head = Head {
        origin: origin(),
        size: TreeSize(11),
        root: tree::root::<Blake3Keyed>(&entries),
    };
    OrderProof {
        row: bytes[at].clone(),
        salt: salt(&rows[at]),
        index: at as u64,
        path: tree::inclusion_path(&leaves, at).unwrap(),
        record: RecordEvidence {
            index: LeafIndex(6),
            entry,
            path: tree::inclusion_path(&entries, 6).unwrap(),
        },
        head: head.sign(&key()).into_bytes(),
    }
}

const NUMBERS: [&str; 5] = ["A", "B", "C", "D", "E"];

fn rows() -> Vec<OrderRow<'static>> {
    let rows = NUMBERS.into_iter().zip(0..);
    rows.map(|(number, at)| row(number, at)).collect()
}

fn root_of(rows: &[OrderRow<'_>]) -> Hash {
    let leaf_of =
        |row: &OrderRow<'_>| leaf(&SECRET.salt(row.platform, row.order), &row.write().unwrap());
    let leaves: Vec<Hash> = rows.iter().map(leaf_of).collect();
    root(&leaves)
}

fn honest(at: usize) -> OrderProof {
    let rows = rows();
    let record = Record::PlatformMonth(month(5, root_of(&rows)));
    proof_of(&rows, at, &record)
}

#[test]
fn every_order_of_a_month_is_proved_and_reads_back() {
    for (at, number) in NUMBERS.iter().enumerate() {
        let proof = honest(at);
        let roster = roster(&key());
        let shown = proof.verify(&roster).unwrap();
        assert_eq!(shown.row.order.as_str(), *number);
        assert_eq!(shown.month.file.rows, 5);
        assert_eq!(
            (shown.index, shown.under.size),
            (LeafIndex(6), TreeSize(11))
        );
        let bytes = proof.to_bytes();
        assert!(bytes.len() < ORDER_PROOF_BYTES_MAX);
        assert!(OrderProof::parse(&bytes).unwrap() == proof);
    }
}

#[test]
fn a_proof_that_is_altered_in_any_byte_is_refused() {
    let bytes = honest(3).to_bytes();
    let roster = roster(&key());
    for at in 0..bytes.len() {
        for flip in [1, 0x20] {
            let mut other = bytes.clone();
            other[at] ^= flip;
            let read = OrderProof::parse(&other);
            let believed = read.is_ok_and(|proof| proof.verify(&roster).is_ok());
            assert!(!believed, "byte {at} xor {flip}");
        }
        assert!(OrderProof::parse(&bytes[..at]).is_err(), "cut off at {at}");
    }
    let mut longer = bytes;
    longer.push(b'\n');
    assert!(OrderProof::parse(&longer).is_err());
}

fn fault(proof: &OrderProof) -> OrderProofFault {
    proof.verify(&roster(&key())).unwrap_err()
}

#[test]
fn each_near_miss_is_refused_by_its_name() {
    use OrderProofFault as F;
    let mut other = honest(2);
    other.row.push(0);
    assert!(matches!(fault(&other), F::Row(_)));
    let mut other = honest(2);
    other.salt.0[0] ^= 1;
    assert!(matches!(fault(&other), F::Leaf(_)));
    for index in [1, 3, 5] {
        let mut other = honest(2);
        other.index = index;
        assert!(matches!(fault(&other), F::Leaf(_)), "{index}");
    }
    let mut other = honest(2);
    other.path.pop();
    assert!(matches!(fault(&other), F::Leaf(_)));
    let mut other = honest(2);
    other.row.clone_from(&honest(3).row);
    assert!(matches!(fault(&other), F::Leaf(_)));
    let mut other = honest(2);
    other.record.index = LeafIndex(7);
    assert!(matches!(fault(&other), F::Record(_)));
    let mut other = honest(2);
    other.record.path[0].0[0] ^= 1;
    assert!(matches!(fault(&other), F::Record(_)));
    let stranger = roster(&SigningKey::from_bytes(&[6; 32]));
    assert!(matches!(honest(2).verify(&stranger), Err(F::Record(_))));
    let reversal = Record::Reversal(Reversal {
        account: AccountId([0xA5; 16]),
        target: yizhang_ledger::entry::RecordId(Hash([1; 32])),
        reason: Code::new("ERR").unwrap(),
        source: Source::default(),
    });
    assert_eq!(fault(&proof_of(&rows(), 2, &reversal)), F::NoMonth);
    let found = vec![b'x'; ORDER_PROOF_BYTES_MAX + 1];
    assert!(matches!(OrderProof::parse(&found), Err(F::TooLarge { .. })));
}

#[test]
fn a_row_of_another_month_worker_or_place_is_none_of_the_month() {
    let root = root_of(&rows());
    let own = month(5, root);
    let others = [
        (
            OrderField::Platform,
            PlatformMonth {
                platform: code("91440300MA00000758"),
                ..own
            },
        ),
        (
            OrderField::Account,
            PlatformMonth {
                account: AccountId([1; 16]),
                ..own
            },
        ),
        (
            OrderField::Place,
            PlatformMonth {
                place: Division::new(440_100).unwrap(),
                ..own
            },
        ),
        (
            OrderField::Month,
            PlatformMonth {
                month: Month::parse("2026-11").unwrap(),
                ..own
            },
        ),
        (
            OrderField::Trade,
            PlatformMonth {
                trade: Trade::Freight,
                ..own
            },
        ),
        (
            OrderField::Mode,
            PlatformMonth {
                mode: TransportMode::Car,
                ..own
            },
        ),
    ];
    for (field, month) in others {
        let proof = proof_of(&rows(), 2, &Record::PlatformMonth(month));
        assert_eq!(fault(&proof), OrderProofFault::OtherMonth(field));
    }
}
