//! What names a dispute, and the hash of the document behind it.

use yizhang_ledger::{
    dispute::{DISPUTE_CONTEXT, DOCUMENT_BYTES_MAX, DisputeName, DocumentHasher, DocumentTooLong},
    entry::RecordId,
    hash::{Hash, derive},
    person::AccountId,
    value::Division,
};

fn name() -> DisputeName {
    DisputeName {
        account: AccountId([1; 16]),
        region: Division::new(440_000).unwrap(),
        target: RecordId(Hash([2; 32])),
        number: 0,
    }
}

#[test]
fn a_dispute_is_named_by_whose_of_what_and_which_as_the_document_says() {
    let region = 440_000_u32.to_le_bytes();
    let number = 0_u32.to_le_bytes();
    let parts = [[1; 16].as_slice(), &region, &[2; 32], &number].concat();
    let Hash(expected) = derive(DISPUTE_CONTEXT, &[&parts]);
    assert_eq!(name().submission().0, expected[..16]);
    let others = [
        DisputeName {
            account: AccountId([3; 16]),
            ..name()
        },
        DisputeName {
            region: Division::new(520_000).unwrap(),
            ..name()
        },
        DisputeName {
            target: RecordId(Hash([3; 32])),
            ..name()
        },
        DisputeName {
            number: 1,
            ..name()
        },
    ];
    for other in others {
        assert_ne!(other.submission(), name().submission(), "{other:?}");
    }
}

#[test]
fn a_document_has_the_hash_that_b3sum_prints_and_a_limit() {
    let mut hasher = DocumentHasher::default();
    assert_eq!(hasher.finish(), None);
    hasher.take(b"a").unwrap();
    hasher.take(b"bc").unwrap();
    // The published hash of "abc".
    let expected = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    assert_eq!(hasher.finish().unwrap().to_string(), expected);
    let mut hasher = DocumentHasher::default();
    hasher.take(&vec![0; DOCUMENT_BYTES_MAX]).unwrap();
    assert_eq!(hasher.take(b"x"), Err(DocumentTooLong));
}
