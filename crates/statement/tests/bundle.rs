//! The headers of bundles: what is written is read again, and nothing else is.

use yizhang_ledger::{
    head::Origin,
    segment::FrameFault,
    value::{TreeSize, UnixMillis},
};
use yizhang_statement::{BUNDLE_HEADER_BYTES, BundleHeader, SectionHeader, SectionKind};

fn sections() -> Vec<SectionHeader> {
    let chain = SectionKind::Chain {
        origin: Origin::parse("demo.yizhang/440000").unwrap(),
        from: TreeSize(17),
        to: TreeSize(TreeSize::MAX.0),
    };
    let kinds = [SectionKind::Rosters, chain, SectionKind::End];
    let header = |kind| SectionHeader {
        kind,
        bytes: 1 << 40,
    };
    kinds.map(header).into()
}

#[test]
fn what_is_written_is_read_again() {
    let header = BundleHeader {
        federation: "demo.yizhang".into(),
        made: UnixMillis(1_796_000_000_000),
    };
    let bytes = header.write().unwrap();
    assert_eq!(bytes.len(), BUNDLE_HEADER_BYTES);
    assert_eq!(BundleHeader::read(&bytes), Ok(header));
    for section in sections() {
        let bytes = section.write().unwrap();
        assert_eq!(bytes.len(), BUNDLE_HEADER_BYTES);
        assert_eq!(SectionHeader::read(&bytes), Ok(section));
    }
}

#[test]
fn a_header_with_any_bit_changed_or_cut_off_is_refused() {
    for section in sections() {
        let bytes = section.write().unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(SectionHeader::read(&changed).is_err(), "bit {bit}");
        }
        assert_eq!(
            SectionHeader::read(&bytes[..BUNDLE_HEADER_BYTES - 1]),
            Err(FrameFault::Truncated { missing: 1 })
        );
        assert!(BundleHeader::read(&bytes).is_err());
    }
}

#[test]
fn a_federation_with_too_long_a_name_has_no_header() {
    for (length, fits) in [(80, true), (81, false)] {
        let header = BundleHeader {
            federation: "f".repeat(length),
            made: UnixMillis(0),
        };
        assert_eq!(header.write().is_some(), fits);
    }
}
