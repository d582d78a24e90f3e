//! Clean directories and streams: what a report says about them.

use crate::fixture::{self, Data, Federation, Writer, audit, faults, notes, origin, roster};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    ops::ControlFlow,
    sync::atomic::{AtomicU64, Ordering},
};
use yizhang_audit::{AuditError, Code, Options, Progress, audit_directory, audit_stream};
use yizhang_ledger::record::Record;

#[test]
fn a_clean_directory_gives_a_clean_report_with_right_counts() {
    let federation = Federation::new();
    let report = federation.audit();
    assert!(
        report.is_clean(),
        "{:?}",
        report.all_findings().collect::<Vec<_>>()
    );
    let south = report.chain("440000").unwrap();
    let last = federation.chains[&440_000].last().unwrap();
    assert_eq!(south.size, last.size().0);
    assert_eq!(
        south.root,
        last.extension.after().frontier().root().to_string()
    );
    assert_eq!(south.last_head.as_deref(), Some(last.note.as_str()));
    assert_eq!(south.findings, []);
    let tally = &south.verified;
    assert_eq!(
        (tally.batches, tally.records),
        (6, 3 + 17 + 64 + 2 + 33 + 8 + 3)
    );
    assert_eq!(
        tally.kinds,
        BTreeMap::from([("Received".into(), 127), ("Reversal".into(), 3)])
    );
    assert_eq!(
        tally.submitters,
        BTreeMap::from([("tax".into(), 100), ("agency".into(), 30)])
    );
    assert_eq!(
        (tally.first_time_ms, tally.last_time_ms),
        (Some(1_700_000_000_000), Some(1_700_000_000_005))
    );
    assert_eq!(
        tally.paid.values().map(|paid| paid.records).sum::<u64>(),
        127
    );
    assert_eq!(
        tally.paid.values().map(|paid| paid.unit_fen).sum::<i128>(),
        127 * 150_000
    );
    assert_eq!(
        tally.paid["hrss:110"].person_fen,
        i128::from(tally.paid["hrss:110"].records) * 80_000
    );
    assert_eq!(
        (
            report.totals.chains,
            report.totals.faults,
            report.totals.notes
        ),
        (3, 0, 1)
    );
    assert_eq!(
        (south.parts.len(), south.parts[0].from, south.parts[0].to),
        (1, 0, south.size)
    );
}

#[test]
fn a_batch_without_head_at_the_end_is_an_unsigned_tail_and_not_verified() {
    let federation = Federation::new();
    let report = federation.audit();
    let west = report.chain("520000").unwrap();
    assert!(west.unsigned_tail && west.is_clean());
    assert_eq!(notes(&report, 520_000), [Code::UnsignedTail]);
    assert_eq!(west.size, federation.chains[&520_000][1].size().0);
    let last = federation.chains[&520_000][1].extension.after();
    assert_eq!(west.newest_ms, last.time().0);
    assert_eq!(
        (
            west.verified.batches,
            west.followed.batches,
            west.followed.records
        ),
        (2, 1, 30)
    );
    assert_eq!(west.findings[0].place.leaf, Some(west.size));
}

#[test]
fn chains_that_are_absent_and_kinds_that_are_not_read_are_noted() {
    let data = Data::empty();
    let mut writer = Writer::new(110_000);
    let mut bytes = fixture::received(1, 1, 1);
    Record::unread(yizhang_ledger::entry::Kind(999), b"later")
        .write(&mut bytes)
        .unwrap();
    Record::unread(yizhang_ledger::entry::Kind::CONSENT, b"later")
        .write(&mut bytes)
        .unwrap();
    data.write(110_000, &[writer.batch_of(bytes)]);
    let report = data.audit(&roster(&[110_000, 440_000]));
    assert!(report.is_clean());
    assert_eq!(
        notes(&report, 110_000),
        [Code::UnknownKind, Code::UnknownKind]
    );
    assert_eq!(notes(&report, 440_000), [Code::NoData]);
    let kinds = &report.chains[0].verified.unknown_kinds;
    assert_eq!(
        kinds,
        &BTreeMap::from([("kind 999".into(), 1), ("Consent".into(), 1)])
    );
}

#[test]
fn a_stream_gives_the_report_that_its_directory_gives() {
    let federation = Federation::new();
    let options = Options::default();
    let pairs = federation.chains[&440_000]
        .iter()
        .map(|signed| Ok::<_, Infallible>(signed.pair()));
    let going = |_: &_| ControlFlow::Continue(());
    let chain = audit_stream(
        &origin(440_000),
        pairs,
        &federation.roster,
        &options,
        None,
        &going,
    )
    .unwrap();
    let report = federation.audit();
    let same = serde_json::to_value(&chain).unwrap()
        == serde_json::to_value(report.chain("440000").unwrap()).unwrap();
    assert!(same);
    let ends = [
        Ok(federation.chains[&440_000][0].pair()),
        Err("connection lost"),
    ];
    let chain = audit_stream(
        &origin(440_000),
        ends.into_iter(),
        &federation.roster,
        &options,
        None,
        &going,
    )
    .unwrap();
    assert_eq!(chain.size, 4);
    assert_eq!(chain.findings[0].code, Code::SourceFailed);
}

#[test]
fn a_stream_may_end_with_a_batch_that_has_no_head_yet() {
    let signed = Writer::new(110_000).batches(&[3, 4]);
    let pairs = [signed[0].pair(), (signed[1].pair().0, Vec::new())].map(Ok::<_, Infallible>);
    let roster = roster(&[110_000]);
    let going = |_: &_| ControlFlow::Continue(());
    let chain = audit_stream(
        &origin(110_000),
        pairs.into_iter(),
        &roster,
        &Options::default(),
        None,
        &going,
    )
    .unwrap();
    assert!(chain.is_clean() && chain.unsigned_tail);
    assert_eq!(chain.size, 4);
}

#[test]
fn a_directory_without_chains_is_an_error_and_no_report() {
    let dir = tempfile::tempdir().unwrap();
    let result = audit_directory(
        dir.path(),
        &roster(&[110_000]),
        &Options::default(),
        &|_| ControlFlow::Continue(()),
    );
    assert!(matches!(result, Err(AuditError::Read { .. })));
}

#[test]
fn many_batches_in_many_windows_keep_their_order() {
    let data = Data::empty();
    let signed = Writer::new(440_000).batches(&vec![1; 3_000]);
    signed
        .chunks(700)
        .for_each(|file| data.write(440_000, file));
    let roster = roster(&[440_000]);
    let report = audit(data.path(), &roster, &Options::default());
    assert_eq!(faults(&report, 440_000), []);
    assert_eq!(report.totals.batches, 3_000);
    assert_eq!(report.chains[0].size, signed.last().unwrap().size().0);
}

#[test]
fn a_source_is_read_no_further_ahead_than_three_windows() {
    const WINDOW: u64 = 4 * 1_024 * 1_024;
    let signed = Writer::new(440_000).batches(&[8_000; 30]);
    let batch = signed[1].pair().0.len() as u64;
    assert!(30 * batch > 5 * WINDOW, "the chain is too small to tell");
    let (pulled, ahead) = (AtomicU64::new(0), AtomicU64::new(0));
    let pairs = signed.iter().map(|signed| {
        pulled.fetch_add(signed.pair().0.len() as u64, Ordering::Relaxed);
        Ok::<_, Infallible>(signed.pair())
    });
    let progress = |progress: &Progress| {
        ahead.fetch_max(
            pulled.load(Ordering::Relaxed) - progress.bytes,
            Ordering::Relaxed,
        );
        ControlFlow::Continue(())
    };
    let roster = roster(&[440_000]);
    audit_stream(
        &origin(440_000),
        pairs,
        &roster,
        &Options::default(),
        None,
        &progress,
    )
    .unwrap();
    let ahead = ahead.into_inner();
    assert!(
        ahead > 0 && ahead <= 3 * (WINDOW + batch),
        "{ahead} bytes ahead"
    );
}

#[test]
fn what_was_verified_is_handed_on_and_nothing_of_files_that_have_changed() {
    let federation = Federation::new();
    let report = federation.audit();
    let (path, roster) = (federation.data.path(), &federation.roster);
    let mut seen: BTreeMap<u32, u64> = BTreeMap::new();
    let mut count =
        |region: yizhang_ledger::value::Division, _, _: &yizhang_ledger::entry::Entry<'_>| {
            *seen.entry(region.code()).or_default() += 1;
        };
    yizhang_audit::verified_records(path, roster, &report, &mut count).unwrap();
    let south = report.chain("440000").unwrap();
    assert_eq!(seen[&440_000], south.verified.records);
    let mut other = report.clone();
    let chain = other
        .chains
        .iter_mut()
        .find(|chain| chain.region == "440000")
        .unwrap();
    chain.root = "0".repeat(64);
    let changed = yizhang_audit::verified_records(path, roster, &other, &mut |_, _, _| {});
    assert!(
        matches!(changed, Err(AuditError::Changed { .. })),
        "{changed:?}"
    );
}
