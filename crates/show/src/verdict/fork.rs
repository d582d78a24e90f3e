//! What evidence of two histories shows, in words.

use super::{Line, Outcome, Verdict, by_roster};
use crate::place;
use crate::text::t;
use yizhang_ledger::roster::Roster;
use yizhang_statement::{Fork, ForkUnder};

/// What evidence shows, and whether the newest roster has decided it since.
pub fn of_fork(shown: &ForkUnder, newest: &Roster) -> Verdict {
    let ForkUnder { fork, version } = shown;
    let region = place::name(fork.origin.region());
    let mut lines = vec![Line::proved(fork_line(fork))];
    for name in &fork.cosigners {
        lines.push(Line::proved(t!("verify.cosigned_both", name = name)));
    }
    if let Some(continuation) = newest.continuation(&fork.origin) {
        let (size, version) = (continuation.from.size, newest.version);
        let decided = t!("verify.continued", size = size, version = version);
        lines.push(Line::proved(decided));
    }
    lines.push(by_roster(*version));
    Verdict {
        outcome: Outcome::Holds,
        headline: t!("verify.fork_holds", region = region).to_string(),
        lines,
    }
}

/// What evidence of a fork shows, in one line.
pub fn fork_line(fork: &Fork) -> String {
    let (region, chain) = (place::name(fork.origin.region()), &fork.origin);
    let [one, other] = fork.roots;
    t!(
        "verify.fork",
        region = region,
        chain = chain,
        size = fork.size,
        one = one,
        other = other
    )
    .to_string()
}
