//! `yizhang agency coverage|fund|injuries|subsidies|warnings`: what a regulator sees of platforms, of the chains in a data directory. The chains are
//! audited first, and nothing is shown of what does not hold.

mod sheet;

use crate::{audit, clock, credentials, exit::Outcome, output, rules, show, worker::parse_day};
use clap::Args;
use rust_i18n::t;
use sheet::Sheet;
use std::path::PathBuf;
use yizhang_audit::{Options, Report, verified_records};
use yizhang_entitlement::Policy;
use yizhang_ledger::{
    entry::{Entry, RecordId},
    record::Record,
    roster::Roster,
    value::{Day, Division, LeafIndex},
};
use yizhang_rules::RuleFile;
use yizhang_supervision::{Stated, Terms, reads, terms, walk};

/// Arguments of the views.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Directory of a node, running or not: its own, or its data.
    #[arg(long)]
    dir: PathBuf,
    /// Directory of credentials: whose signatures count.
    #[arg(long)]
    credentials: PathBuf,
    /// The day as of whose end everything is computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Directory of rule files of the agency's own, laid over those of the program.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Print JSON instead of a table for spreadsheets.
    #[arg(long)]
    json: bool,
}

/// Which view.
#[derive(Clone, Copy)]
pub(crate) enum View {
    Coverage,
    Fund,
    Injuries,
    Subsidies,
    Warnings,
}

pub(crate) fn run(view: View, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let roster = credentials::read_roster(&arguments.credentials)?.roster;
    let options = Options::default();
    let report = audit::directory(&arguments.dir, &roster, &options)?;
    if !report.is_clean() {
        show::audit::print(&[report], &[]);
        return Ok(Outcome::Findings);
    }
    let entries = entries(arguments, &roster, &report)?;
    let stated: Vec<Stated<'_>> = entries.iter().map(Kept::stated).collect();
    let policy = policy(arguments)?;
    let day = arguments.as_of.unwrap_or_else(|| Day::of(clock::now()));
    let views = walk(stated, &Terms::new(&policy, day));
    let sheet = match view {
        View::Coverage => Sheet::of_coverage(&views),
        View::Fund => Sheet::of_fund(&views),
        View::Injuries => Sheet::of_injuries(&views),
        View::Subsidies => Sheet::of_subsidies(&views),
        View::Warnings => Sheet::of_warnings(&views),
    };
    // What is not in the chains that were audited is in no view, and nobody is to take a view for more.
    for chain in &report.chains {
        output::notice(&t!(
            "supervision.as_of",
            day = day,
            region = chain.region,
            size = chain.size
        ));
    }
    if arguments.json {
        sheet.print_json()?;
    } else {
        sheet.print_csv()?;
    }
    Ok(Outcome::Clean)
}

/// The rules of supervision, with the agency's own over them.
fn policy(arguments: &Arguments) -> anyhow::Result<Policy> {
    let texts = rules::texts(arguments.rules.as_deref())?;
    let own: Vec<RuleFile<'_>> = texts
        .own
        .iter()
        .map(|file| RuleFile {
            name: &file.name,
            text: &file.text,
        })
        .collect();
    let policy = terms::policy(&own);
    policy.map_err(|faults| anyhow::anyhow!("{}", show::rules::fault_lines(&faults)))
}

/// An entry that is kept.
struct Kept {
    region: Division,
    id: RecordId,
    bytes: Vec<u8>,
}

impl Kept {
    fn stated(&self) -> Stated<'_> {
        let entry = Entry::parse(&self.bytes, LeafIndex(0));
        let entry = entry.expect("it was read as an entry before it was kept");
        let record = Record::read(&entry).expect("it was read as a record before it was kept");
        Stated {
            region: self.region,
            id: self.id,
            record,
        }
    }
}

/// What supervision reads of the chains that the audit has verified.
fn entries(arguments: &Arguments, roster: &Roster, report: &Report) -> anyhow::Result<Vec<Kept>> {
    let dir = &arguments.dir;
    let data = crate::node::data_directory(dir).unwrap_or_else(|_| dir.clone());
    let mut kept = Vec::new();
    let mut see = |region: Division, id: RecordId, entry: &Entry<'_>| {
        if Record::read(entry).is_ok_and(|record| reads(&record)) {
            kept.push(Kept {
                region,
                id,
                bytes: entry.bytes.to_vec(),
            });
        }
    };
    verified_records(&data, roster, report, &mut see)?;
    Ok(kept)
}
