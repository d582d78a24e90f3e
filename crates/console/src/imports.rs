//! Imports: a file is dropped on a page, looked at, and sent when the clerk says so. One at a time.

mod view;

use crate::{
    closing,
    desk::{Became, Checked, Faulty, Import, Progress, Sent, Trouble, UsedSerials},
    export::attached,
    guard::refused,
    routes::{Token, foreign, is_ours},
    shared::{Session, Shared},
    text::t,
};
use axum::{
    Extension, Form,
    extract::{
        Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::{
    cell::RefCell,
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::AsRawFd as _,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// Largest file that a page takes: some two million rows. Larger ones are for `yizhang agency import`.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 256 * 1_024 * 1_024;
/// Longest token of a form.
const TOKEN_BYTES_MAX: usize = 64;
/// Where files are dropped.
pub(crate) const UPLOAD_PATH: &str = "/imports/file";
/// Largest file of faulty rows that goes through a browser.
const ERRORS_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Folder for receipts, below that of the console.
const RECEIPTS: &str = "receipts";
/// How the names of folders begin in which faulty rows lie while they are looked at.
const SCRATCH: &str = "import-";
/// Longest name of a file that is shown.
const NAME_CHARACTERS_MAX: usize = 80;

/// The way that these pages stand under.
const WAY: &str = "/imports";

/// A file on its way into the chain.
pub(crate) struct Job {
    /// What it is called at the clerk's.
    name: String,
    /// It has no name here and is gone when the job is, however the program ends: there are persons in it.
    file: File,
    /// Where the faulty rows lie.
    scratch: TempDir,
    progress: Progress,
    /// Rows that the first look has found faulty: they can be had until the file is put away.
    faulty: AtomicU64,
    stage: Mutex<Stage>,
}

/// How far it is.
enum Stage {
    Checking,
    Checked(Checked),
    Sending,
    Sent(Sent),
    Failed(Trouble),
}

impl Job {
    /// Where the file can be opened, from the start, as often as it is needed.
    fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.file.as_raw_fd()).into()
    }

    fn errors(&self) -> PathBuf {
        self.scratch.path().join("errors.csv")
    }

    /// Where faulty rows go while the file is read a second time, to be sent.
    fn errors_again(&self) -> PathBuf {
        self.scratch.path().join("again.csv")
    }

    fn faulty(&self) -> u64 {
        self.faulty.load(Ordering::Relaxed)
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What tells it from another file of this console.
    fn id(&self) -> String {
        let folder = self.scratch.path().file_name();
        folder.unwrap_or_default().to_string_lossy().into_owned()
    }

    fn is_at_work(&self) -> bool {
        matches!(*self.stage(), Stage::Checking | Stage::Sending)
    }
}

pub(crate) async fn desk(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    view::desk(&shared, &session, None).into_response()
}

/// Why a file was not taken.
enum NotTaken {
    Foreign,
    TooLarge,
    /// The form is none of ours.
    Form,
    Disk(io::Error),
}

impl From<MultipartError> for NotTaken {
    fn from(fault: MultipartError) -> Self {
        if fault.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::Form
        }
    }
}

impl From<io::Error> for NotTaken {
    fn from(fault: io::Error) -> Self {
        Self::Disk(fault)
    }
}

/// Takes a file and begins to look at it.
pub(crate) async fn upload(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    form: Multipart,
) -> Response {
    if shared.job().as_ref().is_some_and(|job| job.is_at_work()) {
        let page = view::desk(&shared, &session, Some(&t!("import.busy")));
        return (StatusCode::CONFLICT, page).into_response();
    }
    match taken(&shared, &session, form).await {
        Ok(job) => {
            let job = Arc::new(job);
            {
                let mut current = shared.job();
                // It may have begun while this file was on its way.
                if current.as_ref().is_some_and(|job| job.is_at_work()) {
                    drop(current);
                    let page = view::desk(&shared, &session, Some(&t!("import.busy")));
                    return (StatusCode::CONFLICT, page).into_response();
                }
                *current = Some(Arc::clone(&job));
            }
            spawn_blocking(move || check(&shared, &job));
            Redirect::to(WAY).into_response()
        }
        Err(NotTaken::Foreign) => foreign(),
        Err(NotTaken::TooLarge) => refused(StatusCode::PAYLOAD_TOO_LARGE, "fault.too_large"),
        Err(NotTaken::Form) => {
            let page = view::desk(&shared, &session, Some(&t!("import.no_file")));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Err(NotTaken::Disk(error)) => {
            let text = t!("import.no_room", error = error);
            let page = view::desk(&shared, &session, Some(&text));
            (StatusCode::INSUFFICIENT_STORAGE, page).into_response()
        }
    }
}

/// Reads the form: first its token, then the file.
async fn taken(shared: &Shared, session: &Session, mut form: Multipart) -> Result<Job, NotTaken> {
    let token = form.next_field().await?.ok_or(NotTaken::Form)?;
    if token.name() != Some("token") || !is_ours(session, &short(token).await?) {
        return Err(NotTaken::Foreign);
    }
    let field = form.next_field().await?.ok_or(NotTaken::Form)?;
    let name = shown_name(field.file_name().unwrap_or_default());
    if field.name() != Some("file") || name.is_empty() {
        return Err(NotTaken::Form);
    }
    let file = kept(field).await?;
    std::fs::create_dir_all(&shared.folder)?;
    let scratch = tempfile::Builder::new()
        .prefix(SCRATCH)
        .tempdir_in(&shared.folder)?;
    Ok(Job {
        name,
        file,
        scratch,
        progress: Progress::default(),
        faulty: AtomicU64::new(0),
        stage: Mutex::new(Stage::Checking),
    })
}

/// A field that is no file: no more of it is read than a token has.
async fn short(mut field: Field<'_>) -> Result<String, NotTaken> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        text.extend_from_slice(&chunk);
        if text.len() > TOKEN_BYTES_MAX {
            return Err(NotTaken::Form);
        }
    }
    String::from_utf8(text).map_err(|_| NotTaken::Form)
}

/// A name as it is shown: without a number of a person, and no longer than a line.
fn shown_name(name: &str) -> String {
    let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
    yizhang_show::said_name(&name)
}

/// The bytes of a file, on the disk, under no name.
async fn kept(mut field: Field<'_>) -> Result<File, NotTaken> {
    let mut file = tempfile::tempfile()?;
    let mut bytes: u64 = 0;
    while let Some(chunk) = field.chunk().await? {
        bytes = bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if bytes > UPLOAD_BYTES_MAX {
            return Err(NotTaken::TooLarge);
        }
        // A few kilobytes at a time, into the memory of the system.
        file.write_all(&chunk)?;
    }
    Ok(file)
}

fn check(shared: &Shared, job: &Job) {
    let checked = shared.desk.check(&job.path(), &job.errors(), &job.progress);
    let faulty = checked.as_ref().map_or(0, |checked| checked.faulty);
    job.faulty.store(faulty, Ordering::Relaxed);
    *job.stage() = match checked {
        Ok(checked) => Stage::Checked(checked),
        Err(trouble) => Stage::Failed(trouble),
    };
}

/// Looks at a file again that was looked at, because its report is in another language.
pub(crate) fn check_again(shared: &Arc<Shared>) {
    let Some(job) = shared.job().clone() else {
        return;
    };
    {
        let mut stage = job.stage();
        let Stage::Checked(_) = *stage else { return };
        *stage = Stage::Checking;
    }
    let shared = Arc::clone(shared);
    spawn_blocking(move || check(&shared, &job));
}

/// With what a file is sent that was looked at.
#[derive(Deserialize)]
pub(crate) struct Sending {
    token: String,
    /// Which file, by [`Job::id`]: the one that was looked at.
    #[serde(default)]
    job: String,
    /// Whether faulty rows are left out, if it says anything.
    #[serde(default)]
    skip_faulty: String,
    /// Whether rows with used serials are sent, if it says anything.
    #[serde(default)]
    used_serials: String,
}

pub(crate) async fn send(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(sending): Form<Sending>,
) -> Response {
    if !is_ours(&session, &sending.token) {
        return foreign();
    }
    let Some(job) = shared.job().clone() else {
        return Redirect::to(WAY).into_response();
    };
    if job.id() != sending.job {
        let page = view::desk(&shared, &session, Some(&t!("import.another")));
        return (StatusCode::CONFLICT, page).into_response();
    }
    {
        let mut stage = job.stage();
        // What was sent, or failed on its way, is sent again by dropping the file again.
        let Stage::Checked(_) = *stage else {
            return Redirect::to(WAY).into_response();
        };
        *stage = Stage::Sending;
    }
    let faulty = if sending.skip_faulty.is_empty() {
        Faulty::Refuse
    } else {
        Faulty::Skip
    };
    let used_serials = if sending.used_serials.is_empty() {
        UsedSerials::Refuse
    } else {
        UsedSerials::Send
    };
    spawn_blocking(move || carry_out(&shared, &job, faulty, used_serials));
    Redirect::to(WAY).into_response()
}

fn carry_out(shared: &Shared, job: &Job, faulty: Faulty, used_serials: UsedSerials) {
    let (id, not_noted) = (job.id(), RefCell::new(None));
    let note = |became: &Became<'_>| {
        if let Err(error) = closing::note(shared, &id, became) {
            not_noted.borrow_mut().get_or_insert(error);
        }
    };
    let import = Import {
        file: &job.path(),
        receipts: &shared.folder.join(RECEIPTS),
        errors: &job.errors_again(),
        became: &note,
        faulty,
        used_serials,
    };
    let sent = shared.desk.send(&import, &job.progress);
    let not_noted = not_noted.into_inner();
    let not_noted = not_noted.map(|error| t!("closing.not_noted", error = error).to_string());
    *job.stage() = match sent {
        Ok(mut sent) => {
            sent.lines.extend(not_noted);
            Stage::Sent(sent)
        }
        Err(trouble) => Stage::Failed(trouble),
    };
}

/// Forgets a file, so that the next can be dropped.
pub(crate) async fn drop_file(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Token>,
) -> Response {
    if !is_ours(&session, &form.token) {
        return foreign();
    }
    let mut job = shared.job();
    if job.as_ref().is_some_and(|job| !job.is_at_work()) {
        *job = None;
    }
    Redirect::to(WAY).into_response()
}

/// The faulty rows, in the layout of the file.
pub(crate) async fn errors(State(shared): State<Arc<Shared>>) -> Response {
    let job = shared.job().clone();
    let read = spawn_blocking(move || -> io::Result<Vec<u8>> {
        let path = job.as_ref().map(|job| job.errors()).unwrap_or_default();
        let mut bytes = Vec::new();
        let file = File::open(path)?;
        if file.metadata()?.len() > ERRORS_BYTES_MAX {
            // Half of the rows would pass for all of them.
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        file.take(ERRORS_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match read.await {
        Ok(Ok(bytes)) => attached("errors", "csv", "text/csv", bytes),
        Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
            refused(StatusCode::PAYLOAD_TOO_LARGE, "fault.too_large")
        }
        _ => refused(StatusCode::NOT_FOUND, "fault.no_page"),
    }
}

/// Takes away what imports have left, at the end of a console and at the start of the next, in case it was killed: there are persons in it.
pub(crate) fn clear_up(shared: &Shared) -> io::Result<()> {
    let entries = match std::fs::read_dir(&shared.folder) {
        Ok(entries) => entries,
        // The first console of this clerk has nothing before it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let is_scratch = entry.file_name().to_string_lossy().starts_with(SCRATCH);
        if is_scratch && entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
