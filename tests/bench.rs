//! The benchmark, once with few records: it runs to its end, gives every figure, and checks what it reads back. No time is
//! asserted.

use std::{collections::BTreeSet, path::Path};
use yizhang_bench::{Options, Part, report::TARGETS, run};

#[test]
fn the_benchmark_gives_every_figure_that_has_a_target() {
    let options = Options {
        records: 100_000,
        side_records: 50_000,
        workers: 20,
        parts: Part::ALL.to_vec(),
        dir: std::env::temp_dir(),
        yizhang: Path::new(env!("CARGO_BIN_EXE_yizhang")).into(),
        say: false,
    };
    let report = run(&options).unwrap();
    let failed = report
        .missing
        .iter()
        .find(|missing| missing.starts_with("the rest"));
    assert_eq!(failed, None);
    let found: BTreeSet<&str> = report
        .figures
        .iter()
        .map(|figure| figure.id.as_str())
        .collect();
    for (id, _) in TARGETS {
        assert!(found.contains(id), "no figure {id} among {found:?}");
    }
    assert!(
        report
            .figures
            .iter()
            .all(|figure| figure.value.is_finite() && figure.value > 0.0),
        "{:?}",
        report.figures
    );
    let compared = |system| {
        report
            .figures
            .iter()
            .any(|figure| figure.id == "ingest.embedded.10000" && figure.system == system)
    };
    assert!(
        ["yizhang", "plain segment", "fjall", "sled"]
            .into_iter()
            .all(compared),
        "{}",
        report.table()
    );
    println!("{}\n{:?}", report.table(), report.missing);
}
