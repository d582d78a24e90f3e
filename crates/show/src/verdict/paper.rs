//! Whether a statement, or an account of today, is that of a paper.

use super::{Line, Outcome, Verdict};
use crate::place;
use crate::text::t;
#[cfg(feature = "home")]
use yizhang_statement::CertificateCode;
use yizhang_statement::{AccountSince, PaperCode, Verdict as Shown};

impl Verdict {
    /// The same verdict, to somebody who asks whether the statement is that of a paper.
    #[must_use]
    pub fn on_paper(mut self, code: &PaperCode, shown: &Shown) -> Self {
        if code.is_of(shown) {
            self.lines.insert(0, Line::proved(t!("verify.paper.same")));
            return self;
        }
        let (stated, day, found) = (code.statement, code.issued, shown.digest);
        let text = t!(
            "verify.paper.other",
            stated = stated,
            day = day,
            found = found
        );
        self.lines.insert(0, Line::reason(text));
        self.outcome = Outcome::Refused;
        self.headline = t!("verify.paper.headline").to_string();
        self
    }
}

#[cfg(feature = "home")]
impl Verdict {
    /// The same verdict, to somebody who asks whether a sheet that a worker has printed belongs to the statement.
    #[must_use]
    pub fn on_certificate(mut self, stated: &CertificateCode, shown: &Shown) -> Self {
        let found = CertificateCode::of(&PaperCode::of(shown, ""));
        if *stated == found {
            self.lines
                .insert(0, Line::proved(t!("home.certificate.same")));
            return self;
        }
        let text = t!("home.certificate.other", stated = stated, found = found);
        self.lines.insert(0, Line::reason(text));
        self.outcome = Outcome::Refused;
        self.headline = t!("verify.paper.headline").to_string();
        self
    }
}

/// How an account of today compares with a paper, in lines.
pub fn since_paper(code: &PaperCode, since: &AccountSince) -> Vec<String> {
    let day = code.as_of;
    let AccountSince::Other {
        records,
        since,
        untold,
    } = since
    else {
        return vec![t!("paper.since.same", day = day).to_string()];
    };
    let (records, then) = (*records, code.records);
    let mut lines = vec![
        t!(
            "paper.since.other",
            day = day,
            records = records,
            then = then
        )
        .to_string(),
    ];
    match since {
        None => lines.push(t!("paper.since.unknown").to_string()),
        Some(since) if since.is_empty() && untold.is_empty() => {
            lines.push(t!("paper.since.no_record").to_string());
        }
        Some(since) => lines.extend(since.iter().map(|(region, count)| {
            let region = place::name(*region);
            t!("paper.since.chain", region = region, count = count).to_string()
        })),
    }
    lines.extend(untold.iter().map(|(region, count)| {
        let region = place::name(*region);
        t!("paper.since.untold", region = region, count = count).to_string()
    }));
    lines
}
