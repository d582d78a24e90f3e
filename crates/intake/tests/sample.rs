//! Samples: the same bytes for the same seed, no fault in any row, and personas with exactly their history.

use crate::support::{account, parsed, record, summary};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};
use yizhang_intake::{
    Source,
    sample::{
        self, DemoFile, P1_NUMBER, P2_NUMBER, SampleOptions, SampleReport, SampleSize, Style, demo,
        generate,
    },
};
use yizhang_ledger::{
    entry::Kind,
    hash::derive,
    record::{Contribution, Record},
    value::{Division, Month},
};

/// A writer whose bytes can be had afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn files(options: &SampleOptions) -> (SampleReport, Vec<Vec<u8>>) {
    let mut writers = Vec::new();
    let report = generate(options, |_, _| {
        let writer = Shared::default();
        writers.push(writer.clone());
        Ok(Box::new(writer) as Box<dyn Write>)
    });
    (
        report.unwrap(),
        writers
            .iter()
            .map(|writer| writer.0.lock().unwrap().clone())
            .collect(),
    )
}

fn fingerprint(files: &[Vec<u8>]) -> String {
    derive(
        "yizhang test sample",
        &files.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    )
    .to_string()
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_ever() {
    let options = SampleOptions::new(7, SampleSize::Workers(40));
    let (_, first) = files(&options);
    assert_eq!(first, files(&options).1);
    assert_ne!(first, files(&SampleOptions { seed: 8, ..options }).1);
    assert_eq!(fingerprint(&first), PINNED);
}

/// Changes only with a deliberate change of the sample, never with a library.
const PINNED: &str = "41869f732a3d79b3347bfe86c88fc965151fa5b60c2833aa80734ca3c6bf9a62";

#[test]
fn every_row_of_a_sample_passes() {
    for (seed, style) in [
        (1, Style::PLAIN),
        (2, Style::CHINESE),
        (3, Style::GB18030),
        (4, Style::JSON_LINES),
    ] {
        let mut options = SampleOptions::new(seed, SampleSize::Workers(60));
        options.files.iter_mut().for_each(|(_, form)| *form = style);
        let (report, files) = files(&options);
        let mut kinds = BTreeSet::new();
        let mut duplicates = 0;
        for (file, (_, rows)) in files.iter().zip(&report.rows) {
            let found = summary(file);
            assert_eq!(
                (found.rows, found.faulty, found.warned),
                (*rows, 0, 0),
                "seed {seed}: {:?}",
                found.first_faults
            );
            kinds.extend(found.kinds.into_keys());
            duplicates += found.duplicates;
        }
        let expected = [
            Kind::DUE,
            Kind::RECEIVED,
            Kind::ADJUST_DELTA,
            Kind::REFUND,
            Kind::REVERSAL,
            Kind::INTEREST_CREDIT,
            Kind::ENROL,
            Kind::SUSPEND,
            Kind::RESUME,
        ];
        assert!(
            expected.iter().all(|kind| kinds.contains(kind)),
            "seed {seed}: {kinds:?}"
        );
        assert!(duplicates > 0, "seed {seed}");
    }
}

#[test]
fn a_sample_has_exactly_the_rows_asked_for() {
    for rows in [0, 1, 999, 20_000] {
        let (report, files) = files(&SampleOptions::new(5, SampleSize::Rows(rows)));
        assert_eq!(report.rows.iter().map(|(_, rows)| rows).sum::<u64>(), rows);
        for file in files
            .iter()
            .filter(|file| String::from_utf8_lossy(file).lines().count() > 1)
        {
            assert_eq!(summary(file).faulty, 0);
        }
    }
}

#[test]
fn other_regions_can_be_asked_for() {
    let mut options = SampleOptions::new(6, SampleSize::Workers(5));
    options.files = vec![(Division::new(320_000).unwrap(), Style::PLAIN)];
    options.personas = false;
    let (report, files) = files(&options);
    assert_eq!((report.workers, report.rows.len()), (5, 1));
    assert_eq!(summary(&files[0]).faulty, 0);
}

#[test]
fn a_sample_that_passes_over_the_workers_of_another_has_none_of_them() {
    let people = |workers, passed_over| {
        let options = SampleOptions {
            personas: false,
            passed_over,
            ..SampleOptions::new(9, SampleSize::Workers(workers))
        };
        let (report, files) = files(&options);
        assert_eq!(report.workers, workers);
        let texts = files
            .into_iter()
            .map(|file| String::from_utf8(file).unwrap());
        let number = |line: &str| line.split(',').nth(4).unwrap().to_owned();
        texts
            .flat_map(|text| text.lines().skip(1).map(number).collect::<Vec<_>>())
            .collect::<BTreeSet<_>>()
    };
    let (first, second) = (people(20, 0), people(20, 20));
    assert_eq!((first.len(), second.len()), (20, 20));
    assert!(first.is_disjoint(&second) && people(40, 0) == &first | &second);
}

#[test]
fn workers_have_different_numbers_that_no_person_has() {
    let options = SampleOptions {
        personas: false,
        ..SampleOptions::new(9, SampleSize::Workers(300))
    };
    let mut people = BTreeSet::new();
    for file in files(&options).1 {
        let text = String::from_utf8(file).unwrap();
        for number in text
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(4).unwrap())
        {
            assert_eq!(
                &number[4..6],
                "00",
                "the number of a city, not of a district"
            );
            people.insert(number.to_owned());
        }
    }
    // A few are too young to have worked by the end.
    assert!(people.len() > 280, "{}", people.len());
}

struct Month110 {
    month: Month,
    place: u32,
}

/// The months of employee pension of a person in the demonstration, reversals applied, re-sent rows once; and the rows.
fn pension(files: &[DemoFile], number: &str) -> (Vec<Month110>, usize) {
    let mut records = BTreeMap::new();
    let mut reversed = BTreeSet::new();
    let mut rows = 0;
    for file in files {
        for row in parsed(&file.bytes) {
            let record = record(&row);
            if !record.accounts().any(|found| found == account(number)) {
                continue;
            }
            rows += 1;
            match record {
                Record::Reversal(fields) => {
                    reversed.insert(fields.target);
                }
                Record::Contribution(Kind::RECEIVED, fields)
                    if fields.scheme.to_string() == "hrss:110" =>
                {
                    records.insert(row.id(), month_of(&fields));
                }
                _ => {}
            }
        }
    }
    let kept = records
        .into_iter()
        .filter(|(id, _)| !reversed.contains(id))
        .map(|(_, month)| month);
    let mut kept: Vec<_> = kept.collect();
    kept.sort_by_key(|month| (month.month, month.place));
    (kept, rows)
}

fn month_of(fields: &Contribution<'_>) -> Month110 {
    assert!(fields.full);
    Month110 {
        month: fields.period.first,
        place: fields.place.code(),
    }
}

fn count(months: &[Month110], place: u32) -> usize {
    months.iter().filter(|month| month.place == place).count()
}

#[test]
fn the_rider_has_134_months_in_three_cities_and_a_gap_of_six() {
    let files = demo().unwrap();
    let (months, _) = pension(&files, P1_NUMBER);
    let places = [441_900, 440_300, 110_000].map(|place| count(&months, place));
    assert_eq!((places, months.len()), ([54, 40, 40], 134));
    let distinct: BTreeSet<Month> = months.iter().map(|month| month.month).collect();
    assert_eq!(distinct.len(), 134);
    let month = |year, month| Month::of(year, month).unwrap();
    let span = month(2026, 10).since(month(2015, 3)) + 1;
    assert_eq!(span - 134, 6);
    assert!(!distinct.contains(&month(2019, 9)) && !distinct.contains(&month(2020, 2)));
}

#[test]
fn the_rider_shows_what_the_ledger_is_for() {
    let files = demo().unwrap();
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    let (mut again, mut resident) = (0, Vec::new());
    for row in files.iter().flat_map(|file| parsed(&file.bytes)) {
        let record = record(&row);
        if record.accounts().all(|found| found != account(P1_NUMBER)) {
            continue;
        }
        *kinds.entry(row.kind).or_default() += 1;
        again += usize::from(row.is_duplicate());
        if let Record::Contribution(_, fields) = record
            && fields.scheme.to_string() == "hrss:170"
        {
            resident.push((
                fields.period.first.year(),
                fields.paid.person.get(),
                fields.subsidies.county.get(),
            ));
        }
        if let Record::Contribution(Kind::ADJUST_DELTA, fields) = record {
            assert_eq!(
                (fields.base.get(), fields.due.person.get(), fields.nature),
                (34_100, 6_820, 34)
            );
        }
    }
    assert_eq!(
        resident,
        [2012, 2013, 2014, 2015].map(|year| (year, 20_000, 3_000))
    );
    assert_eq!(
        (again, kinds[&Kind::REVERSAL], kinds[&Kind::ADJUST_DELTA]),
        (3, 1, 2)
    );
}

#[test]
fn the_other_persona_paid_six_months_twice() {
    let (months, _) = pension(&demo().unwrap(), P2_NUMBER);
    assert_eq!((count(&months, 440_500), count(&months, 330_200)), (30, 30));
    let distinct: BTreeSet<Month> = months.iter().map(|month| month.month).collect();
    assert_eq!(distinct.len(), 54);
}

#[test]
fn the_shipped_demonstration_is_what_the_program_makes() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/sample_files/demo");
    let files = demo().unwrap();
    let total: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(total < 1_000_000, "{total} bytes");
    for file in &files {
        let path = directory.join(&file.name);
        assert!(
            fs::read(&path).is_ok_and(|shipped| shipped == file.bytes),
            "{}: run the example demo_files",
            file.name
        );
        let read = yizhang_intake::Intake::open(
            Source::Path(path),
            &yizhang_intake::ReadOptions::default(),
        )
        .unwrap();
        assert_eq!(
            (read.format(), read.encoding()),
            (file.style.format, file.style.encoding)
        );
    }
    assert_eq!(files.len(), sample::REGIONS.len());
}
