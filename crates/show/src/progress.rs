//! Progress bars, on standard error and only where a person looks at it.

use indicatif::{ProgressBar, ProgressStyle};
use std::{collections::BTreeMap, sync::Mutex};
use yizhang_ledger::value::Division;

/// A bar over bytes that several threads advance, each for its chain.
pub struct ByteBar {
    bar: ProgressBar,
    chains: Mutex<BTreeMap<Division, u64>>,
}

/// A bar over bytes; its length comes with the progress.
pub fn bytes(label: &str) -> ByteBar {
    let bar = ProgressBar::new(0);
    bar.set_style(style(
        "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}",
    ));
    bar.set_message(label.to_string());
    ByteBar {
        bar,
        chains: Mutex::new(BTreeMap::new()),
    }
}

impl ByteBar {
    /// A chain has come so far. A total of 0 is unknown.
    pub fn advance(&self, region: Division, bytes: u64, total: u64) {
        let Ok(mut chains) = self.chains.lock() else {
            return;
        };
        chains.insert(region, bytes);
        let done = chains.values().sum();
        self.bar.set_length(total.max(done));
        self.bar.set_position(done);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over things that are counted one after the other.
pub fn counted(label: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    bar.set_style(style(
        "{msg} {bar:30} {human_pos}/{human_len} {per_sec} {eta}",
    ));
    bar.set_message(label.to_string());
    bar
}

/// A count of things of which nobody knows how many there will be.
pub fn uncounted(label: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_style(style("{msg} {spinner} {human_pos} {per_sec}"));
    bar.set_message(label.to_string());
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
