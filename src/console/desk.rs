//! What is behind the pages of a console: the same deeds as those of the command line, for the clerk whose certificate it is.

mod second;

use crate::{
    agency::{
        book::Book,
        checked::{self, CarriedOut, CheckedFile, Onlooker, carry_out},
        import::{FormArguments, check_watched, open},
        receipts::Receipts,
        review::{self, Asked},
        sending,
        transfer::{self, Listener, Reach, Typed},
    },
    clock, copies,
    credentials::Credentials,
    exit::Outcome,
    node,
    purpose::PersonArgument,
    show, worker,
};
use rust_i18n::t;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};
use yizhang_console::{
    Answered, Answering, Became, Checked, Clerk, Days, Decided, Deed, Desk, Fate, Faulty, Found,
    Import, Opened, Progress, Reviewed, Sent, Step, Stepped, Trouble, UsedSerials, Waiting,
    Warning, Warnings, Whom,
};
use yizhang_entitlement::{Policy, provisional::FromNumber, review::List};
use yizhang_intake::FaultyRows;
use yizhang_ledger::{
    batch::RecordBlock,
    hash::Hash,
    head::Origin,
    value::{Day, UnixMillis},
};
use yizhang_show::status::NodeStatus;
use yizhang_wire::{purpose::Purpose, v1::lookup_request::Worker};

/// Most findings of each list that a console holds: those of a day of many clerks.
const HELD_MAX: usize = 20_000;
/// How many months ahead retirements are named.
const RETIREMENT_MONTHS: u16 = 12;
/// Digits of a root that tell two heads apart at a glance.
const ROOT_DIGITS: usize = 16;

/// The desk of one clerk before one node.
pub(super) struct NodeDesk {
    pub(super) credentials: Credentials,
    pub(super) person: PersonArgument,
    /// How files are read.
    pub(super) form: FormArguments,
    pub(super) policy: Policy,
    pub(super) book_path: Option<PathBuf>,
    pub(super) book: RwLock<Book>,
    pub(super) clerk: Clerk,
}

/// An error as pages show it: what a file or a node says may be in it, and numbers of persons are not.
fn trouble(error: &anyhow::Error) -> Trouble {
    Trouble {
        text: show::without_numbers(&show::printable_lines(&format!("{error:#}"))),
    }
}

impl NodeDesk {
    fn read_account(&self, whom: &Whom, purpose: &Purpose) -> anyhow::Result<Opened> {
        let (worker, from_number) = match whom {
            Whom::Number(number) => (
                Worker::Number(number.reveal().to_owned()),
                FromNumber::of(number),
            ),
            Whom::Account(account) => (Worker::Account(account.0.to_vec().into()), None),
        };
        let question = worker::Question {
            worker,
            purpose: purpose.clone(),
            as_of: clock::today(),
            proofs: false,
            policy: &self.policy,
            rules: self.form.rules.as_deref(),
        };
        let asking = worker::ask(&self.credentials, self.clerk.region, question);
        let mut answer = runtime()?.block_on(asking)?;
        if let Some(number) = from_number {
            answer.by_number = worker::by_number(&answer.account, number, &self.policy);
        }
        let book = self.book.read().unwrap_or_else(PoisonError::into_inner);
        let serials = answer.accounts.iter();
        let mut serials = serials.map(|account| book.serial(&account.reveal_hex()).to_owned());
        let serial = serials.find(|serial| !serial.is_empty());
        drop(book);
        Ok(Opened {
            serial: serial.unwrap_or_default(),
            answer,
        })
    }

    fn gather(&self, progress: &Progress) -> anyhow::Result<Reviewed> {
        let head = self.head()?;
        let asked = Asked {
            node: self.clerk.region,
            person: &self.person,
            as_of: clock::today(),
            retirement_months: RETIREMENT_MONTHS,
            after: None,
            list: None,
            what: None,
        };
        let gone = |accounts| progress.set(accounts);
        let gathered = review::gather(&self.credentials, &asked, HELD_MAX, &gone)?;
        let book = self.book.read().unwrap_or_else(PoisonError::into_inner);
        let mut lists = BTreeMap::new();
        let mut counts = gathered.counts;
        for (list, mut found) in gathered.lists {
            if list == List::Dispute {
                // Linked accounts of one worker show the same dispute.
                let (all, mut seen) = (found.len(), BTreeSet::<Hash>::new());
                found.retain(|(_, finding)| finding.dispute.is_none_or(|id| seen.insert(id)));
                let twice = u64::try_from(all - found.len())?;
                counts.entry(list).and_modify(|count| *count -= twice);
            }
            let found = found.into_iter().map(|(account, finding)| Found {
                serial: book.serial(&account).to_owned(),
                case_number: book.case_number(finding.case.as_deref()).to_owned(),
                account,
                finding,
            });
            lists.insert(list, found.collect());
        }
        Ok(Reviewed {
            head,
            lists,
            counts,
            accounts: gathered.accounts,
            notes: gathered.notes,
        })
    }

    /// The head of the node's own chain: how long it is, and the root of its tree.
    fn head(&self) -> anyhow::Result<String> {
        let asking = copies::status(&self.credentials, self.clerk.region);
        let reply = runtime()?.block_on(asking)?;
        let own = Origin::parse(&reply.own_origin);
        let copies = yizhang_client::copies(reply.chains);
        let own = copies
            .iter()
            .find(|copy| Some(&copy.origin) == own.as_ref());
        let Some(own) = own else {
            return Ok("–".to_owned());
        };
        // A note: origin, size, root, each on a line.
        let note = String::from_utf8_lossy(&own.head);
        let root = note.lines().nth(2).unwrap_or_default();
        let root: String = root.chars().take(ROOT_DIGITS).collect();
        Ok(show::printable(&format!("{} {root}…", own.size)))
    }

    fn look_at(&self, file: &Path, errors: &Path, progress: &Progress) -> anyhow::Result<Checked> {
        let intake = open(file, self.clerk.region, &self.form)?;
        progress.begin(intake.bytes()?);
        let summary = check_watched(&intake, errors, &mut |bytes| progress.set(bytes))?;
        Ok(Checked {
            report: show::import::Report::of(&summary, &intake),
            valid: summary.valid,
            faulty: summary.faulty,
        })
    }

    fn carry_out(&self, import: &Import<'_>, progress: &Progress) -> anyhow::Result<Sent> {
        let intake = open(import.file, self.clerk.region, &self.form)?;
        // It was looked at before; what it is now is what is sent.
        let summary = check_watched(&intake, import.errors, &mut |_| {})?;
        let faulty = match import.faulty {
            Faulty::Refuse if summary.faulty > 0 => {
                anyhow::bail!("{}", t!("import.refused"))
            }
            Faulty::Refuse => FaultyRows::Refuse,
            Faulty::Skip => FaultyRows::Skip,
        };
        progress.begin(summary.valid);
        let file = CheckedFile {
            credentials: &self.credentials,
            node: self.clerk.region,
            person: &self.person,
            intake: &intake,
            summary: &summary,
            faulty,
            used_serials: match import.used_serials {
                UsedSerials::Refuse => checked::UsedSerials::Refuse,
                UsedSerials::Send => checked::UsedSerials::Send,
            },
            book: self.book_path.as_deref(),
            receipts: &Receipts::in_folder(import.receipts.to_path_buf()),
            durable: None,
        };
        let lines = RefCell::new(Vec::new());
        let onlooker = Onlooker {
            say: &|line| lines.borrow_mut().push(line.to_owned()),
            taken: &|taken| {
                progress.add(taken.records);
                (import.became)(&Became {
                    submission: taken.id,
                    fate: fate(taken.fate),
                    records: taken.bytes,
                });
            },
            ended: &|| {},
        };
        let carried_out = carry_out(&file, &onlooker)?;
        let lines = lines.into_inner();
        let CarriedOut::Sent(imported) = carried_out else {
            return Ok(Sent {
                lines,
                is_sent: false,
                is_in_chain: false,
            });
        };
        self.read_book_again()?;
        Ok(Sent {
            lines,
            is_sent: true,
            is_in_chain: imported.waiting + imported.refused == 0,
        })
    }

    fn read_book_again(&self) -> anyhow::Result<()> {
        if let Some(path) = &self.book_path {
            *self.book.write().unwrap_or_else(PoisonError::into_inner) = Book::read(path)?;
        }
        Ok(())
    }

    fn take(&self, step: &Step, deed: Deed) -> anyhow::Result<Stepped> {
        let lines = RefCell::new(Vec::new());
        let keep = |line: &str| lines.borrow_mut().push(line.to_owned());
        let listener = Listener {
            say: &keep,
            notice: &keep,
        };
        let reach = match deed {
            Deed::Look => Reach::LookedAt,
            Deed::Take => Reach::Written,
        };
        let typed = Typed {
            credentials: &self.credentials,
            node: self.clerk.region,
            person: &self.person,
            step,
        };
        let outcome = transfer::take_typed(&typed, reach, &listener)?;
        Ok(Stepped {
            counts: outcome == Outcome::Clean,
            lines: lines.into_inner(),
        })
    }
}

impl Desk for NodeDesk {
    fn account(&self, whom: &Whom, purpose: &Purpose) -> Result<Opened, Trouble> {
        self.read_account(whom, purpose)
            .map_err(|error| trouble(&error))
    }

    fn review(&self, progress: &Progress) -> Result<Reviewed, Trouble> {
        self.gather(progress).map_err(|error| trouble(&error))
    }

    fn check(&self, file: &Path, errors: &Path, progress: &Progress) -> Result<Checked, Trouble> {
        // The file has no name here that would say anything.
        self.look_at(file, errors, progress)
            .map_err(|error| trouble(&anyhow::anyhow!("{}", error.root_cause())))
    }

    fn send(&self, import: &Import<'_>, progress: &Progress) -> Result<Sent, Trouble> {
        self.carry_out(import, progress)
            .map_err(|error| trouble(&error))
    }

    fn status(&self) -> Result<NodeStatus, Trouble> {
        let asking = copies::status(&self.credentials, self.clerk.region);
        let reply = runtime().and_then(|runtime| runtime.block_on(asking));
        reply.map(node::told).map_err(|error| trouble(&error))
    }

    fn step(&self, step: &Step, deed: Deed) -> Result<Stepped, Trouble> {
        self.take(step, deed).map_err(|error| trouble(&error))
    }

    fn waiting(&self) -> Result<Vec<Waiting>, Trouble> {
        self.list_waiting().map_err(|error| trouble(&error))
    }

    fn look(&self, decided: Decided, purpose: &Purpose) -> Result<RecordBlock, Trouble> {
        self.look_at_waiting(decided, purpose)
            .map_err(|error| trouble(&error))
    }

    fn approve(&self, decided: Decided) -> Result<String, Trouble> {
        self.approve_waiting(decided)
            .map_err(|error| trouble(&error))
    }

    fn refuse(&self, decided: Decided, reason: &str) -> Result<(), Trouble> {
        self.refuse_waiting(decided, reason)
            .map_err(|error| trouble(&error))
    }

    fn answer(&self, answering: &Answering) -> Result<Answered, Trouble> {
        self.answer_dispute(answering)
            .map_err(|error| trouble(&error))
    }

    fn warnings(&self, days: Days, purpose: &Purpose) -> Result<Warnings, Trouble> {
        self.read_warnings(days, purpose)
            .map_err(|error| trouble(&error))
    }

    fn close_warning(
        &self,
        warning: &Warning,
        reason: &str,
        purpose: &Purpose,
    ) -> Result<(), Trouble> {
        self.close(warning, reason, purpose)
            .map_err(|error| trouble(&error))
    }

    fn now(&self) -> UnixMillis {
        clock::now()
    }

    fn today(&self) -> Day {
        clock::today()
    }

    fn clerk(&self) -> &Clerk {
        &self.clerk
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

const fn fate(fate: sending::Fate) -> Fate {
    match fate {
        sending::Fate::Accepted => Fate::Accepted,
        sending::Fate::There => Fate::There,
        sending::Fate::Waits => Fate::Waits,
        sending::Fate::Refused => Fate::Refused,
    }
}
