//! Rows against the roots of their months: each proves, and altered in any way it does not.

use crate::support::{file_of, read, sample};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use yizhang_intake::FaultyRows;
use yizhang_ledger::{
    order::{OrderRow, OrderSalt, OrderStatus, leaf},
    tree::verify_inclusion,
    value::{Code, Division, Fen, UnixMillis},
};
use yizhang_platform::{FoundOrder, Index, OrdersFault, month_of};

fn proves(found: &FoundOrder, salt: &OrderSalt, row: &[u8], index: &Index) -> bool {
    let entry = index.entry(found.month).unwrap();
    let file = month_of(&entry).unwrap().file;
    let leaf = leaf(salt, row);
    verify_inclusion(
        &leaf,
        found.index,
        file.rows.into(),
        &found.path,
        &file.root,
    )
    .is_ok()
}

/// The row with each field altered.
fn altered<'a>(row: &OrderRow<'a>) -> Vec<OrderRow<'a>> {
    let mut rows = vec![*row; 15];
    let more = |fen: Fen| Fen::new(fen.get() + 1).unwrap();
    rows[0].order = Code::new("OTHER").unwrap();
    rows[1].platform = Code::new("91440300MA00000758").unwrap();
    rows[2].account.0[15] ^= 1;
    rows[3].place = Division::new(row.place.code() + 1).unwrap();
    rows[4].trade = yizhang_ledger::record::Trade::Other;
    rows[5].mode = yizhang_ledger::record::TransportMode::Foot;
    rows[6].status = match row.status {
        OrderStatus::Failed => OrderStatus::Completed,
        _ => OrderStatus::Failed,
    };
    rows[7].insured = !row.insured;
    rows[8].accepted = UnixMillis(row.accepted.0 - 1);
    rows[9].finished = UnixMillis(row.finished.0 + 1);
    rows[10].gross = more(row.gross);
    rows[11].incentives = more(row.incentives);
    rows[12].deductions = more(row.deductions);
    rows[13].refunds = more(row.refunds);
    rows[14].route.0[31] ^= 1;
    rows
}

#[test]
fn every_row_proves_and_altered_in_any_field_it_does_not() {
    for seed in 20..24 {
        println!("seed {seed}");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (header, rows) = sample(rng.random_range(1..400), seed);
        let read = read(file_of(&header, &rows).as_bytes(), FaultyRows::Refuse).unwrap();
        let index = read.index();
        for row in &rows {
            let number = row.split(',').next().unwrap();
            let found = index.find(number).unwrap().unwrap();
            let kept = &found.row;
            assert!(proves(&found, &kept.salt, &kept.bytes, &index), "{number}");
            let fields = OrderRow::read(&kept.bytes).unwrap();
            for other in altered(&fields) {
                let bytes = other.write().unwrap();
                assert!(!proves(&found, &kept.salt, &bytes, &index), "{number}");
            }
            let mut salt = kept.salt;
            salt.0[rng.random_range(0..16)] ^= 1;
            assert!(!proves(&found, &salt, &kept.bytes, &index), "{number}");
        }
    }
}

#[test]
fn a_file_of_the_index_that_was_damaged_is_told() {
    let (header, rows) = sample(200, 4);
    let read = read(file_of(&header, &rows).as_bytes(), FaultyRows::Refuse).unwrap();
    let folder = read.folder.path().join("index");
    let mut files = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        for at in [0, 9, 40, 64, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let opened = Index::open(&folder, &crate::support::subject());
            let told = opened.and_then(|index| index.verify());
            assert!(
                matches!(told, Err(OrdersFault::Damaged { .. })),
                "{} at {at}",
                path.display()
            );
        }
        std::fs::write(&path, &whole).unwrap();
        files += 1;
    }
    assert_eq!(files, 4);
    read.index().verify().unwrap();
}
