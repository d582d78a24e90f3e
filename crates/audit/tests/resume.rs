//! Interrupted and continued audits: equal to uninterrupted ones, and never built on a resume point that nothing vouches for.

use crate::fixture::{self, Data, Federation, REGIONS, Writer, audit, faults, origin, roster};
use std::{
    convert::Infallible,
    fs,
    ops::ControlFlow,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};
use yizhang_audit::{
    AuditError, Code, Options, Part, Progress, Report, ResumeFile, audit_directory, audit_stream,
};
use yizhang_ledger::roster::Roster;

fn options(run: &str, resume: &Path) -> Options {
    Options {
        run: run.to_owned(),
        resume: Some(resume.to_owned()),
        ..Options::default()
    }
}

fn going(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The report as JSON without the names of the runs.
fn without_parts(report: &Report) -> serde_json::Value {
    let mut json = serde_json::to_value(report).unwrap();
    for chain in json["chains"].as_array_mut().unwrap() {
        chain.as_object_mut().unwrap().remove("parts");
    }
    json
}

/// Audits in as many runs as it takes when each is stopped after its first windows.
fn audit_in_runs(path: &Path, roster: &Roster, resume: &Path) -> (Report, usize) {
    for run in 1..1_000 {
        let calls = AtomicU64::new(0);
        let progress = |_: &Progress| match calls.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        match audit_directory(
            path,
            roster,
            &options(&format!("run {run}"), resume),
            &progress,
        ) {
            Ok(report) => return (report, run),
            Err(AuditError::Interrupted) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the audit makes no headway");
}

#[test]
fn an_audit_in_many_runs_gives_the_report_of_one_run() {
    let data = Data::empty();
    // More batches than fit into one window, some of them wrong.
    let signed = Writer::new(440_000).batches(&vec![1; 5_000]);
    signed
        .chunks(800)
        .for_each(|file| data.write(440_000, file));
    data.write(110_000, &Writer::new(110_000).batches(&[7, 7, 7]));
    let roster = roster(&REGIONS);
    let first = signed[1_600].first();
    data.flip(440_000, 800 * 5 / 2, 20, 1);
    let head = fixture::FILE_HEADER + signed[1_600].batch_frame().len() as u64 + 60;
    data.flip(440_000, first, head, 1);
    let whole = audit(data.path(), &roster, &Options::default());
    assert_eq!(
        faults(&whole, 440_000)[..2],
        [Code::SegmentHeader, Code::FrameChecksum]
    );
    let dir = tempfile::tempdir().unwrap();
    let (resumed, runs) = audit_in_runs(data.path(), &roster, &dir.path().join("resume"));
    assert!(runs > 2, "only {runs} runs");
    assert_eq!(without_parts(&resumed), without_parts(&whole));
    let parts = &resumed.chain("440000").unwrap().parts;
    assert!(parts.len() > 1);
    assert!(
        parts
            .windows(2)
            .all(|pair| pair[0].to == pair[1].from && pair[0].run < pair[1].run),
        "{parts:?}"
    );
    assert_eq!(
        parts.last().unwrap().to,
        resumed.chain("440000").unwrap().size
    );
}

#[test]
fn a_later_audit_reads_only_what_is_new_and_says_so() {
    let data = Data::empty();
    let roster = roster(&[440_000]);
    let signed = Writer::new(440_000).batches(&[5, 6, 7, 8]);
    data.write_frames(
        440_000,
        0,
        &[
            signed[0].batch_frame(),
            signed[0].head_frame(),
            signed[1].batch_frame(),
        ],
    );
    let dir = tempfile::tempdir().unwrap();
    let resume = dir.path().join("resume");
    let first = audit(data.path(), &roster, &options("monday", &resume));
    assert!(first.chains[0].unsigned_tail);
    data.write(440_000, &signed[..2]);
    data.write(440_000, &signed[2..]);
    // What was verified is not read again: damage there is for a run without a resume file to find.
    data.flip(440_000, 0, 300, 1);
    let second = audit(data.path(), &roster, &options("tuesday", &resume));
    let (middle, end) = (signed[0].size().0, signed[3].size().0);
    assert!(second.is_clean() && !second.chains[0].unsigned_tail);
    assert_eq!(
        second.chains[0].parts,
        [
            Part {
                run: "monday".into(),
                from: 0,
                to: middle
            },
            Part {
                run: "tuesday".into(),
                from: middle,
                to: end
            }
        ]
    );
    assert_eq!(second.chains[0].verified.batches, 4);
    let read = AtomicU64::new(0);
    let progress = |progress: &Progress| {
        assert!(progress.read_bytes <= progress.total_bytes);
        read.store(
            progress.total_bytes - progress.read_bytes,
            Ordering::Relaxed,
        );
        ControlFlow::Continue(())
    };
    audit_directory(data.path(), &roster, &Options::default(), &progress).unwrap();
    assert_eq!(read.into_inner(), 0, "progress ends with everything read");
    let third = audit(data.path(), &roster, &options("wednesday", &resume));
    assert_eq!(third.chains[0].parts, second.chains[0].parts);
    assert!(!audit(data.path(), &roster, &Options::default()).is_clean());
}

#[test]
fn a_source_that_has_shrunk_since_the_last_run_is_a_fault() {
    let federation = Federation::new();
    let dir = tempfile::tempdir().unwrap();
    let options = options("again", &dir.path().join("resume"));
    assert!(audit(federation.data.path(), &federation.roster, &options).is_clean());
    fs::remove_file(
        federation
            .data
            .segment(440_000, federation.chains[&440_000][4].first()),
    )
    .unwrap();
    let report = audit(federation.data.path(), &federation.roster, &options);
    assert_eq!(
        faults(&report, 440_000),
        [Code::SourceShrunk, Code::ChainStopped]
    );
    assert_eq!(faults(&report, 110_000), []);
}

#[test]
fn a_resume_file_of_another_source_or_roster_is_refused() {
    let federation = Federation::new();
    let dir = tempfile::tempdir().unwrap();
    let options = options("again", &dir.path().join("resume"));
    audit(federation.data.path(), &federation.roster, &options);
    let elsewhere = Federation::new();
    let result = audit_directory(elsewhere.data.path(), &elsewhere.roster, &options, &going);
    assert!(
        matches!(
            result,
            Err(AuditError::ResumeForeign { what: "source", .. })
        ),
        "{result:?}"
    );
    let newer = Roster {
        version: 2,
        ..federation.roster.clone()
    };
    let result = audit_directory(federation.data.path(), &newer, &options, &going);
    assert!(
        matches!(
            result,
            Err(AuditError::ResumeForeign { what: "roster", .. })
        ),
        "{result:?}"
    );
}

#[test]
fn damaged_and_forged_resume_files_are_refused() {
    let federation = Federation::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("resume");
    let options = options("again", &path);
    audit(federation.data.path(), &federation.roster, &options);
    let whole = fs::read_to_string(&path).unwrap();
    let refused = |text: String, what: &str| {
        fs::write(&path, text).unwrap();
        let result = audit_directory(federation.data.path(), &federation.roster, &options, &going);
        match result {
            Err(AuditError::ResumeDamaged { reason, .. }) => reason,
            other => panic!("{what}: {other:?}"),
        }
    };
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone().into_bytes();
        bytes[at] ^= 1;
        refused(String::from_utf8(bytes).unwrap(), &format!("byte {at}"));
        refused(whole[..at].to_owned(), &format!("cut at {at}"));
    }
    // Whoever makes a checksum of their own still needs the signature of the chain's key.
    let forge = |from: &str, to: &str| {
        let (_, body) = whole.trim_end().split_once('\n').unwrap();
        assert!(body.contains(from), "{from}");
        let body = body.replacen(from, to, 1);
        let context = "yizhang 2026-11-23 v1 audit marks checksum";
        let checksum = yizhang_ledger::hash::derive(context, &[body.as_bytes()]);
        format!("{{\"format\":\"yizhang-audit-marks/1\",\"checksum\":\"{checksum}\"}}\n{body}\n")
    };
    fs::write(&path, forge("again", "other")).unwrap();
    assert!(audit_directory(federation.data.path(), &federation.roster, &options, &going).is_ok());
    let size = federation.chains[&440_000][5].size().0;
    let reason = refused(
        forge(
            &format!("\"size\":{size}"),
            &format!("\"size\":{}", size + 1),
        ),
        "size",
    );
    assert!(
        reason.contains("signed head") || reason.contains("subtrees"),
        "{reason}"
    );
    let reason = refused(forge("\"batches\":6", "\"batches\":7"), "batches");
    assert!(reason.contains("do not add up"), "{reason}");
    let reason = refused(
        forge("demo.yizhang/440000", "demo.yizhang/330000"),
        "origin",
    );
    assert!(reason.contains("names a chain"), "{reason}");
}

#[test]
fn a_stream_goes_on_from_its_resume_point() {
    let signed = Writer::new(440_000).batches(&[3, 4, 5, 6]);
    let roster = roster(&[440_000]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("resume");
    let origin = origin(440_000);
    let run = |from: usize, to: usize, run: &str| {
        let resume = ResumeFile::open(&path, "https://node.example:7443", &roster).unwrap();
        assert_eq!(resume.size(&origin).0, signed[from].first());
        let pairs = signed[from..to]
            .iter()
            .map(|signed| Ok::<_, Infallible>(signed.pair()));
        let options = Options {
            run: run.to_owned(),
            ..Options::default()
        };
        audit_stream(&origin, pairs, &roster, &options, Some(&resume), &going).unwrap()
    };
    assert_eq!(run(0, 2, "monday").size, signed[1].size().0);
    let chain = run(2, 4, "tuesday");
    assert!(chain.is_clean());
    assert_eq!(
        (chain.size, chain.verified.batches, chain.parts.len()),
        (signed[3].size().0, 4, 2)
    );
}

#[test]
fn resume_points_are_kept_while_an_audit_runs() {
    let data = Data::empty();
    data.write(440_000, &Writer::new(440_000).batches(&vec![1; 3_000]));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("resume");
    let options = Options {
        mark_every_bytes: 1,
        ..options("run", &path)
    };
    let seen = AtomicU64::new(0);
    let progress = |progress: &Progress| {
        seen.fetch_max(
            u64::from(path.exists() && progress.size.0 > 0),
            Ordering::Relaxed,
        );
        ControlFlow::Continue(())
    };
    audit_directory(data.path(), &roster(&[440_000]), &options, &progress).unwrap();
    assert_eq!(seen.into_inner(), 1);
}
