//! The state of the node and of those beside it, with small plots of what was seen since the console started.

use crate::{
    desk::Trouble,
    layout::{Page, Renewal, alert},
    plot,
    shared::{Session, Shared},
    text::t,
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::sleep};
use yizhang_ledger::value::UnixMillis;
use yizhang_show::{
    copies::moment,
    place,
    status::{DiskStatus, NodeStatus, Report, Table, gibibytes},
};

/// How often the node is asked for what the plots show.
const EVERY: Duration = Duration::from_secs(60);
/// Samples that are kept: those of a day.
const SAMPLES_MAX: usize = 1_440;
/// Chains that are sampled: those of all provinces.
const CHAINS_MAX: usize = 64;

/// Warnings that are kept: those that were seen last.
const WARNED_MAX: usize = 50;

/// What was seen of the node since the console started.
#[derive(Default)]
pub(crate) struct Samples {
    samples: VecDeque<Sample>,
    /// What it warned of, and that it did not answer; what was seen last at the end.
    warned: Vec<Warned>,
}

/// Something that the node warned of: its own words, in which no person is.
struct Warned {
    text: String,
    first: UnixMillis,
    last: UnixMillis,
}

/// What was seen at one time.
struct Sample {
    /// Entries of each chain that the node lacks, by the region's code.
    behind: Vec<(u32, u64)>,
    /// Size of each chain.
    sizes: Vec<(u32, u64)>,
    /// How long its own entries have been on one disk alone, in s.
    unshared_s: u64,
    /// What is used of its disk, in bytes; none if it does not tell.
    used_bytes: Option<u64>,
}

impl Sample {
    fn of(status: &NodeStatus) -> Self {
        let chains = || status.chains.iter().take(CHAINS_MAX);
        let region = |code: yizhang_ledger::value::Division| code.code();
        Self {
            behind: chains()
                .map(|chain| (region(chain.region()), chain.behind()))
                .collect(),
            sizes: chains()
                .map(|chain| (region(chain.region()), chain.size))
                .collect(),
            unshared_s: status.unshared_ms / 1_000,
            used_bytes: status.disk.map(DiskStatus::used_bytes),
        }
    }
}

impl Samples {
    fn add(&mut self, sample: Sample) {
        if self.samples.len() >= SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Notes what was warned of at a time.
    fn warn(&mut self, at: UnixMillis, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            let known = self.warned.iter().position(|warned| warned.text == text);
            let first = known.map_or(at, |known| self.warned.remove(known).first);
            self.warned.push(Warned {
                text,
                first,
                last: at,
            });
        }
        let more = self.warned.len().saturating_sub(WARNED_MAX);
        self.warned.drain(..more);
    }

    /// What was seen of one thing, the oldest first.
    fn line(&self, of: impl Fn(&Sample) -> Option<u64>) -> Vec<u64> {
        self.samples.iter().filter_map(of).collect()
    }
}

/// Asks the node again and again, until the future is dropped.
pub(crate) async fn keep_sampling(shared: Arc<Shared>) {
    loop {
        // What it says of a node that does not answer, the page says when it is looked at.
        let _ = asked(&shared).await;
        sleep(EVERY).await;
    }
}

async fn asked(shared: &Arc<Shared>) -> Result<NodeStatus, Trouble> {
    let desk = Arc::clone(&shared.desk);
    let status = spawn_blocking(move || desk.status()).await;
    let status = status.unwrap_or_else(|_| Err(Trouble::broken()));
    let at = shared.desk.now();
    let mut samples = shared.samples();
    match &status {
        Ok(status) => {
            samples.add(Sample::of(status));
            samples.warn(at, warnings(status));
        }
        Err(trouble) => samples.warn(at, [trouble.text.clone()]),
    }
    drop(samples);
    status
}

/// What a state warns of.
fn warnings(status: &NodeStatus) -> Vec<String> {
    let Report {
        state, warnings, ..
    } = Report::of(status);
    // Its first line says whether it takes submissions.
    let not_ready = state.into_iter().take(usize::from(!status.ready));
    not_ready.chain(warnings).collect()
}

pub(crate) async fn state(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    let status = asked(&shared).await;
    let body = html! {
        @match &status {
            Ok(status) => { (shown(status, &shared.samples())) }
            Err(trouble) => { (alert(&trouble.text)) }
        }
        (warned(&shared.samples()))
    };
    let page = Page {
        renewal: Renewal::NowAndThen,
        ..Page::of(&shared, &session, "/node", t!("node.title").to_string())
    };
    page.show(&body).into_response()
}

fn shown(status: &NodeStatus, samples: &Samples) -> Markup {
    let report = Report::of(status);
    html! {
        @for (at, line) in report.state.iter().enumerate() { p.state[at == 0].good[at == 0 && status.ready] { (line) } }
        p { a href="/node" { (t!("node.again")) } }
        @if !report.warnings.is_empty() {
            section.alert { h2 { (t!("node.warnings")) } ul { @for line in &report.warnings { li { (line) } } } }
        }
        h2 { (t!("node.chains")) }
        (table(&report.chains, &t!("node.chains")))
        h2 { (t!("node.plots")) }
        (plots(status, samples))
        @if !report.cosigned.rows.is_empty() { h2 { (t!("node.cosigned")) } (table(&report.cosigned, &t!("node.cosigned"))) }
        @for line in &report.lines { p { (line) } }
        @if !report.peers.is_empty() {
            h2 { (t!("node.peers")) }
            ul { @for line in &report.peers { li { (line) } } }
        }
        (certificates(status))
    }
}

fn plots(status: &NodeStatus, samples: &Samples) -> Markup {
    html! {
        div.plots {
            @for chain in status.chains.iter().take(CHAINS_MAX) {
                @let code = chain.region().code();
                figure {
                    figcaption { b { (place::name(chain.region())) } " " (t!("node.size", size = chain.size)) }
                    (plot::line(&samples.line(|sample| at(&sample.sizes, code)), &t!("node.size_plot")))
                    figcaption { (t!("node.behind", entries = chain.behind())) }
                    (plot::line(&samples.line(|sample| at(&sample.behind, code)), &t!("node.behind_plot")))
                }
            }
            @if let Some(disk) = status.disk {
                figure {
                    figcaption { (t!("node.disk", free = gibibytes(disk.free_bytes), used = gibibytes(disk.used_bytes()))) }
                    (plot::line(&samples.line(|sample| sample.used_bytes), &t!("node.disk_plot")))
                    meter min="0" max=(disk.size_bytes) value=(disk.used_bytes()) aria-label=(t!("node.disk_meter")) {}
                }
            }
            figure {
                figcaption { (t!("node.unshared", seconds = status.unshared_ms / 1_000)) }
                (plot::line(&samples.line(|sample| Some(sample.unshared_s)), &t!("node.unshared_plot")))
            }
        }
        p.small { (t!("node.sampled")) }
    }
}

/// What was warned of, the last first.
fn warned(samples: &Samples) -> Markup {
    html! {
        h2 { (t!("node.warned")) }
        @if samples.warned.is_empty() { p { (t!("node.nothing_warned")) } } @else {
            div.wide tabindex="0" role="region" aria-label=(t!("node.warned")) { table.list {
                thead { tr { th scope="col" { (t!("node.first_seen")) } th scope="col" { (t!("node.last_seen")) } th scope="col" { (t!("node.warning")) } } }
                tbody {
                    @for warned in samples.warned.iter().rev() { tr { td { (moment(warned.first)) } td { (moment(warned.last)) } td { (warned.text) } } }
                }
            } }
        }
    }
}

fn at(values: &[(u32, u64)], code: u32) -> Option<u64> {
    let mut values = values.iter();
    values
        .find(|(known, _)| *known == code)
        .map(|(_, value)| *value)
}

fn table(table: &Table, name: &str) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(name) { table.list {
            thead { tr { @for name in &table.header { th scope="col" { (name) } } } }
            tbody { @for row in &table.rows { tr { @for cell in row { td { (cell) } } } } }
        } }
    }
}

fn certificates(status: &NodeStatus) -> Markup {
    html! {
        @if !status.certificates.is_empty() {
            h2 { (t!("node.certificates")) }
            ul {
                @for certificate in &status.certificates {
                    li { (certificate_name(&certificate.name)) ": " (moment(certificate.until)) }
                }
            }
        }
    }
}

/// Whose a certificate is, in words; as the node says it where there are none.
fn certificate_name(name: &str) -> String {
    match name {
        "node" => t!("node.certificate.node").to_string(),
        "authority" => t!("node.certificate.authority").to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_day_are_kept_and_no_more() {
        let mut samples = Samples::default();
        for second in 0..=SAMPLES_MAX {
            samples.add(Sample {
                behind: Vec::new(),
                sizes: Vec::new(),
                unshared_s: u64::try_from(second).unwrap(),
                used_bytes: None,
            });
        }
        let line = samples.line(|sample| Some(sample.unshared_s));
        assert_eq!((line.len(), line[0]), (SAMPLES_MAX, 1));
    }

    #[test]
    fn a_warning_that_stays_is_one_and_the_last_fifty_are_kept() {
        let mut samples = Samples::default();
        samples.warn(UnixMillis(1), ["little room".to_string()]);
        for at in 2..=60 {
            samples.warn(
                UnixMillis(at),
                [format!("flood {at}"), "little room".to_string()],
            );
        }
        assert_eq!(samples.warned.len(), WARNED_MAX);
        let last = samples.warned.last().unwrap();
        assert_eq!((last.first, last.last), (UnixMillis(1), UnixMillis(60)));
    }
}
