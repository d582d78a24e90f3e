//! A bundle: its chains gone through from the first entry to the last, one batch at a time.

use super::{Arguments, known::Known};
use crate::{
    bundle::file::{Bundle, Damage, Frame, Frames, Section},
    exit::Outcome,
    files, show,
};
use rust_i18n::t;
use std::{collections::BTreeMap, fmt::Display, path::Path};
use yizhang_ledger::{
    chain::ChainState,
    head::{Head, Origin},
    roster::{Roster, TrustFault, VERSIONS_MAX},
    segment::FrameKind,
    value::Division,
};
use yizhang_show::verdict::{self, Anchor, BundlePlace, BundleShown, ChainPlace};
use yizhang_statement::{
    BUNDLE_HEADS_MAX, BUNDLE_MAGIC, CarriedChain, CarriedPart, CarriedReader, SectionKind,
    newest_roster,
};

/// Whether a file begins as bundles do.
pub(super) fn is_bundle(path: &Path) -> anyhow::Result<bool> {
    files::begins_with(path, &BUNDLE_MAGIC)
}

pub(super) fn run(arguments: &Arguments, path: &Path) -> anyhow::Result<Outcome> {
    let known = Known::read(arguments)?;
    let as_json = arguments.statement.json;
    match check_behind(arguments.after.as_deref(), path, &known) {
        Ok(shown) => {
            let anchor = Anchor::Known(known.root.to_string());
            let said = verdict::of_bundle(&shown).resting_on(&anchor);
            Ok(say(&said, Some(&shown), as_json))
        }
        Err(Stopped::Wrong(wrong)) => {
            let said = verdict::refused_bundle(&wrong.at, &wrong.fault);
            Ok(say(&said, None, as_json))
        }
        Err(Stopped::Roster(fault)) => {
            let said = verdict::refused_bundle_roster(&fault);
            Ok(say(&said, None, as_json))
        }
        Err(Stopped::Failed(error)) => Err(error),
    }
}

fn say(said: &verdict::Verdict, shown: Option<&BundleShown>, as_json: bool) -> Outcome {
    if as_json {
        let json = verdict::bundle_json(said, shown);
        println!("{}", show::printable_json(&json));
    } else {
        verdict::print(said);
    }
    super::ended(said)
}

/// Goes through a bundle, and before it through the one that it follows. What does not hold itself is nothing to begin with.
fn check_behind(
    earlier: Option<&Path>,
    path: &Path,
    known: &Known,
) -> Result<BundleShown, Stopped> {
    let before = match earlier {
        Some(earlier) => {
            let checked = check(earlier, known, BTreeMap::new());
            states(
                checked
                    .map_err(|stopped| stopped.of_earlier(earlier))?
                    .chains,
            )
        }
        None => BTreeMap::new(),
    };
    check(path, known, before)
}

fn states(chains: Vec<CarriedChain>) -> BTreeMap<Origin, ChainState> {
    let states = chains.into_iter().filter_map(|chain| {
        let state = chain.state?;
        Some((chain.part.origin, state))
    });
    states.collect()
}

/// Why a bundle is not gone through to its end.
enum Stopped {
    /// It is wrong.
    Wrong(Wrong),
    /// Its versions of the roster lead nowhere.
    Roster(TrustFault),
    /// It cannot be read.
    Failed(anyhow::Error),
}

/// Where a bundle is wrong, and why.
struct Wrong {
    at: BundlePlace,
    fault: String,
}

impl Stopped {
    fn at(byte: u64, fault: &impl Display) -> Self {
        Self::Wrong(Wrong {
            at: BundlePlace { byte, entry: None },
            fault: fault.to_string(),
        })
    }

    /// The same, of the bundle that a file follows: nothing is said of the file itself.
    fn of_earlier(self, path: &Path) -> Self {
        let fault = match self {
            Self::Wrong(wrong) => wrong.fault,
            Self::Roster(fault) => fault.to_string(),
            Self::Failed(error) => return Self::Failed(error),
        };
        let path = path.display();
        Self::Failed(anyhow::anyhow!(
            "{}",
            t!("verify.after_refused", path = path, fault = fault)
        ))
    }

    /// The same, in a chain.
    fn behind(self, region: Division, size: u64) -> Self {
        match self {
            Self::Wrong(mut wrong) => {
                wrong.at.entry = Some(ChainPlace { region, size });
                Self::Wrong(wrong)
            }
            other => other,
        }
    }
}

impl From<Damage> for Stopped {
    fn from(damage: Damage) -> Self {
        Self::at(damage.at, &show::damage::frame_fault(&damage.fault))
    }
}

/// A frame that is damaged is a finding, and what the disk says is a failure.
impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Damage>() {
            Ok(damage) => damage.into(),
            Err(error) => Self::Failed(error),
        }
    }
}

/// Goes through a bundle.
fn check(
    path: &Path,
    known: &Known,
    mut before: BTreeMap<Origin, ChainState>,
) -> Result<BundleShown, Stopped> {
    let bundle = Bundle::open(path)?;
    let found = bundle.sections()?;
    let brought = rosters(&bundle, &found.sections)?;
    let roster = newest_roster(&brought, &known.rosters, known.root).map_err(Stopped::Roster)?;
    let (expected, stated) = (&roster.federation, &bundle.header.federation);
    if expected != stated {
        let text = t!(
            "verify.bundle_federation",
            expected = expected,
            found = stated
        );
        return Err(Stopped::at(0, &text));
    }
    let bar = show::progress::bytes(&t!("verify.bundle_checking"));
    let mut chains: Vec<CarriedChain> = Vec::new();
    for section in &found.sections {
        let SectionKind::Chain { origin, from, to } = &section.kind else {
            continue;
        };
        let part = CarriedPart {
            origin: origin.clone(),
            from: *from,
            to: *to,
        };
        let goes_on_at = chains
            .iter()
            .rfind(|chain| chain.part.origin == *origin)
            .map(|chain| chain.part.to);
        if goes_on_at.is_some_and(|end| end != *from) {
            let stopped = Stopped::at(section.start, &t!("verify.bundle_twice"));
            return Err(stopped.behind(origin.region(), from.0));
        }
        let before_it = before.remove(origin);
        let mut reading = Reading {
            frames: bundle.frames(section.start, section.end),
            section,
            region: origin.region(),
            bar: &bar,
            known: before_it.as_ref().map(ChainState::head),
        };
        let chain = reading.chain(&roster, part, before_it)?;
        before.extend(chain.state.clone().map(|state| (origin.clone(), state)));
        chains.push(chain);
    }
    bar.finish();
    if let Some(damage) = found.fault {
        return Err(damage.into());
    }
    Ok(BundleShown {
        made: bundle.header.made,
        roster,
        chains,
    })
}

/// The versions of the roster in a bundle.
fn rosters(bundle: &Bundle, sections: &[Section]) -> Result<Vec<Vec<u8>>, Stopped> {
    let mut notes = Vec::new();
    let rosters = sections.iter();
    for section in rosters.filter(|section| section.kind == SectionKind::Rosters) {
        let mut frames = bundle.frames(section.start, section.end);
        while let Some(frame) = frames.next()? {
            let note = frames.content(&frame)?;
            let version = Roster::version_of(&note).ok();
            let is_right = frame.header.kind == FrameKind::Head
                && version == Some(frame.header.position)
                && notes.len() < VERSIONS_MAX;
            if !is_right {
                return Err(Stopped::at(frame.at, &t!("verify.bundle_roster")));
            }
            notes.push(note);
        }
    }
    Ok(notes)
}

/// A section that is gone through.
struct Reading<'b> {
    frames: Frames<'b>,
    section: &'b Section,
    region: Division,
    bar: &'b show::progress::ByteBar,
    /// The head of what was gone through of the chain before, elsewhere or further up: the section has it too where it reaches across.
    known: Option<Head>,
}

impl Reading<'_> {
    fn chain(
        &mut self,
        roster: &Roster,
        part: CarriedPart,
        before: Option<ChainState>,
    ) -> Result<CarriedChain, Stopped> {
        let (start, region, from) = (self.section.start, self.region, part.from.0);
        let mut chain = CarriedReader::begin(roster, part, before)
            .map_err(|fault| Stopped::at(start, &fault).behind(region, from))?;
        let read = self.frames(&mut chain);
        let size = chain.size().0;
        let ended = read.and_then(|()| {
            let ended = chain.end();
            ended.map_err(|fault| Stopped::at(self.section.end, &fault))
        });
        ended.map_err(|stopped| stopped.behind(region, size))
    }

    /// Takes the frames of the section: heads, then each batch together with its own.
    fn frames(&mut self, chain: &mut CarriedReader<'_>) -> Result<(), Stopped> {
        let mut fronts = 0;
        let mut has_batches = false;
        while let Some(frame) = self.frames.next()? {
            let content = self.frames.content(&frame)?;
            let wrong = |fault| Stopped::at(frame.at, &fault);
            if frame.header.kind == FrameKind::Batch {
                has_batches = true;
                self.batch(chain, &frame, content)?;
                continue;
            }
            if has_batches || fronts == BUNDLE_HEADS_MAX {
                return Err(Stopped::at(frame.at, &t!("bundle.too_many_heads")));
            }
            fronts += 1;
            let size = chain.front(&content).map_err(wrong)?;
            if frame.header.position != size.0 {
                return Err(Stopped::at(frame.at, &t!("verify.bundle_frame")));
            }
        }
        Ok(())
    }

    fn batch(
        &mut self,
        chain: &mut CarriedReader<'_>,
        frame: &Frame,
        content: Vec<u8>,
    ) -> Result<(), Stopped> {
        let head = self.frames.next()?;
        let head = head.filter(|head| head.header.kind == FrameKind::Head);
        let head = head.ok_or_else(|| Stopped::at(frame.at, &t!("bundle.no_pair")))?;
        let note = self.frames.content(&head)?;
        let begins = chain.size().0;
        chain
            .batch(content, &note)
            .map_err(|fault| Stopped::at(frame.at, &fault))?;
        self.ensure_one_history(chain, begins, frame.at)?;
        let ends = chain.size().0;
        let is_said = frame.header.position == begins
            && head.header.position == ends
            && u64::try_from(frame.header.entries).ok() == ends.checked_sub(begins);
        if !is_said {
            return Err(Stopped::at(frame.at, &t!("verify.bundle_frame")));
        }
        let done = head.at.saturating_sub(self.section.start);
        let total = self.section.end.saturating_sub(self.section.start);
        self.bar.advance(self.region, done, total);
        Ok(())
    }

    /// Refuses a chain of which another history was gone through before: a batch of the one ended, with another root, where one of the other
    /// does, or in the middle of one.
    fn ensure_one_history(
        &self,
        chain: &CarriedReader<'_>,
        begins: u64,
        at: u64,
    ) -> Result<(), Stopped> {
        let Some(known) = &self.known else {
            return Ok(());
        };
        let is_within = begins < known.size.0 && known.size < chain.size();
        let is_another =
            known.size == chain.size() && chain.root().is_some_and(|root| root != known.root);
        if is_within || is_another {
            return Err(Stopped::at(at, &t!("verify.bundle_two_histories")));
        }
        Ok(())
    }
}
