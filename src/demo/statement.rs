//! The rider's statement: made by one node, checked by the fingerprint of the root keys alone.

use super::{AS_OF, Demo, FILES, GLANCE, PATIENCE, division, reads_for, step};
use crate::{
    credentials::Credentials,
    files, node, page, show,
    worker::{self, AccountPart, Made, Wanted, Whom},
};
use anyhow::{Context, ensure};
use rust_i18n::t;
use std::{fs, path::PathBuf, thread::sleep, time::Instant};
use yizhang_intake::sample::P1_NUMBER;
use yizhang_ledger::{person::SocialSecurityNumber, value::Day};
use yizhang_page::Page;
use yizhang_show::{
    account::Answer,
    verdict::{self, Standing},
};
use yizhang_statement::Statement;
use yizhang_verifier::File;
use yizhang_wire::purpose::Business;

/// The region whose node makes the statement: where the worker is.
const ISSUER: u32 = 110_000;
/// Folder of the statement: it stays when the rest of the demonstration goes.
const FOLDER: &str = "yizhang-demo-statement";
const FILE: &str = "rider.yizhang";
/// What the rider sees of the account, beside it.
const HOME_FILE: &str = "rider-home.html";

impl Demo {
    /// Has every chain commit to its accounts, writes the rider's statement, and checks it as a stranger would; and the page that the
    /// rider sees of this account.
    pub(super) fn carry_away(&self, answer: &Answer) -> anyhow::Result<()> {
        step(&t!("demo.statement"));
        for (region, ..) in FILES {
            let credentials = Credentials::read(&self.dir.join(region.to_string()))?;
            node::end_epoch(&credentials, division(region)?)?;
        }
        let number = SocialSecurityNumber::parse(P1_NUMBER)
            .map_err(|fault| anyhow::anyhow!(show::fault::number(fault)))?;
        let whom = Whom::Number(number.clone());
        let made = self.confirmed(&whom)?;
        // The number of the demonstration's rider belongs to nobody.
        let bytes = Statement::reveal(&made.bytes, &worker::opening(made.salt, &number))?;
        let path = self.statement_folder()?.join(FILE);
        files::replace_public(&path, &bytes)?;
        let root = worker::trusted_root(&self.dir.join("auditor"))?;
        let shown = Statement::parse(&bytes)?.verify(root)?;
        let reader = verdict::Reader {
            today: shown.issued,
            fresh_days: verdict::FRESH_DAYS,
            person: None,
            has_rosters: false,
        };
        let said = verdict::of_statement(&shown, &reader);
        println!("  {}", show::printable(&said.headline));
        for line in said
            .lines
            .iter()
            .filter(|line| line.standing == Standing::Proved)
        {
            println!("  + {}", show::printable(&line.text));
        }
        println!(
            "  {}",
            t!(
                "demo.statement_written",
                path = path.display(),
                bytes = bytes.len()
            )
        );
        println!("    yizhang verify {} --root \"{root}\"", path.display());
        let target = path.with_extension("html");
        let (name, fingerprint) = (page::name(&path), root.to_string());
        let file = File {
            name: &name,
            bytes: &bytes,
        };
        let content = Page {
            fingerprint: &fingerprint,
            files: vec![file],
        };
        page::write(&target, &content)?;
        println!("  {}", t!("demo.statement_page", path = target.display()));
        let home = path.with_file_name(HOME_FILE);
        files::replace(&home, show::home::file(answer).as_bytes())?;
        println!("  {}", t!("demo.home", path = home.display()));
        Ok(())
    }

    /// The statement, once mirrors of all chains have computed their registers again.
    fn confirmed(&self, whom: &Whom) -> anyhow::Result<Made> {
        let credentials = Credentials::read(&self.agency(ISSUER))?;
        let purpose = reads_for(Business::Inquiry)?;
        let wanted = Wanted {
            credentials: &credentials,
            node: division(ISSUER)?,
            whom,
            purpose: &purpose,
            as_of: Day::new(AS_OF).context("a day of the calendar")?,
            account: AccountPart::Digest,
            excerpt: None,
        };
        let start = Instant::now();
        loop {
            let made = worker::make(&wanted)?;
            let chains = &made.verdict.chains;
            if chains.iter().all(|chain| !chain.confirmed_by.is_empty()) {
                return Ok(made);
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "{}",
                t!(
                    "demo.impatient",
                    what = t!("demo.waiting_confirmed"),
                    dir = self.dir.display()
                )
            );
            sleep(GLANCE);
        }
    }

    /// Where the statement is left: beside everything else if that is kept, otherwise in the system's folder for temporary files.
    fn statement_folder(&self) -> anyhow::Result<PathBuf> {
        let folder = if self.is_kept {
            self.dir.join("statement")
        } else {
            std::env::temp_dir().join(FOLDER)
        };
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }
}
