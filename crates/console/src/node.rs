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
use yizhang_show::{
    place,
    status::{NodeStatus, Report, Table},
};

/// How often the node is asked for what the plots show.
const EVERY: Duration = Duration::from_secs(60);
/// Samples that are kept: those of a day.
const SAMPLES_MAX: usize = 1_440;
/// Chains that are sampled: those of all provinces.
const CHAINS_MAX: usize = 64;

/// What was seen of the node since the console started.
#[derive(Default)]
pub(crate) struct Samples(VecDeque<Sample>);

/// What was seen at one time.
struct Sample {
    /// Entries of each chain that the node lacks, by the region's code.
    behind: Vec<(u32, u64)>,
    /// Size of each chain.
    sizes: Vec<(u32, u64)>,
    /// How long its own entries have been on one disk alone, in s.
    unshared_s: u64,
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
        }
    }
}

impl Samples {
    fn add(&mut self, sample: Sample) {
        if self.0.len() >= SAMPLES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    /// What was seen of one thing, the oldest first.
    fn line(&self, of: impl Fn(&Sample) -> Option<u64>) -> Vec<u64> {
        self.0.iter().filter_map(of).collect()
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
    let status = status.unwrap_or_else(|_| Err(Trouble::broken()))?;
    shared.samples().add(Sample::of(&status));
    Ok(status)
}

pub(crate) async fn state(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    let status = asked(&shared).await;
    let body = match &status {
        Ok(status) => shown(status, &shared.samples()),
        Err(trouble) => alert(&trouble.text),
    };
    let page = Page {
        shared: &shared,
        session: &session,
        way: "/node",
        title: t!("node.title").to_string(),
        renewal: Renewal::NowAndThen,
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
            figure {
                figcaption { (t!("node.unshared", seconds = status.unshared_ms / 1_000)) }
                (plot::line(&samples.line(|sample| Some(sample.unshared_s)), &t!("node.unshared_plot")))
            }
        }
        p.small { (t!("node.sampled")) }
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
                    li { (certificate_name(&certificate.name)) ": " (yizhang_show::copies::moment(certificate.until)) }
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
            });
        }
        let line = samples.line(|sample| Some(sample.unshared_s));
        assert_eq!((line.len(), line[0]), (SAMPLES_MAX, 1));
    }
}
