//! Statements as the released format has them, to be read for ever. Each is a file, and beside it the fingerprint that it is read under and what it shows.

use crate::{
    federation::{Part, opening},
    names::checked,
    shown::verdict,
    world::{NOBODY, WORKER, asked, asked_of_twins, federation},
};
use serde_json::json;
use std::{fs, io, path::Path};
use yizhang_ledger::{roster::RootFingerprint, value::Month};
use yizhang_rules::RuleTexts;
use yizhang_statement::{Excerpt, Statement};

struct Released {
    name: &'static str,
    trusted: RootFingerprint,
    bytes: Vec<u8>,
}

/// Writes those that are not there.
pub(crate) fn write_missing() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released");
    fs::create_dir_all(&folder)?;
    for released in files() {
        let path = folder.join(released.name).with_extension("yizhang");
        if path.exists() {
            continue;
        }
        let shown = checked(&released.bytes, released.trusted).expect("it is honest");
        let beside = json!({"trusted": released.trusted.to_string(), "expect": verdict(&shown)});
        let text = serde_json::to_string_pretty(&beside).expect("values are JSON") + "\n";
        fs::write(path.with_extension("json"), text)?;
        fs::write(&path, &released.bytes)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// All chains and their cosignatures, under three versions of the roster, in each of them.
fn files() -> Vec<Released> {
    let federation = federation();
    let trusted = federation.trusted();
    let of = |owner, part| federation.content(&asked(owner, part));
    let mut ruled = of(WORKER, Part::Nothing);
    ruled.rules = RuleTexts::with_own(Vec::new());
    ruled.account = federation.account(&ruled, Part::Digest);
    let whole = federation.seal(&ruled, 0);
    let revealed = Statement::reveal(&whole, &opening()).expect("it is the number");
    let mut two_versions = of(WORKER, Part::Digest);
    two_versions.rosters.remove(0);
    let january = Month::of(2025, 1).expect("a month");
    let excerpt = Excerpt {
        first: january,
        last: january,
        schemes: vec!["hrss:110".into()],
    };
    let excerpt = federation.excerpt(&asked(WORKER, Part::Nothing), excerpt);
    let released = |name, bytes| Released {
        name,
        trusted,
        bytes,
    };
    vec![
        released("v1-whole", whole),
        released("v1-excerpt", federation.seal(&excerpt, 0)),
        released("v1-revealed", revealed),
        released("v1-account", federation.seal(&of(WORKER, Part::Whole), 1)),
        released("v1-records", federation.seal(&of(WORKER, Part::Nothing), 2)),
        released("v1-nobody", federation.seal(&of(NOBODY, Part::Digest), 0)),
        released(
            "v1-two-accounts",
            federation.seal(&federation.content(&asked_of_twins(Part::Digest)), 0),
        ),
        Released {
            name: "v1-two-versions",
            trusted: federation.rosters[1].root_fingerprint(),
            bytes: federation.seal(&two_versions, 0),
        },
    ]
}
