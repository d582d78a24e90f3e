//! How imports look.

use super::{Job, Stage, UPLOAD_BYTES_MAX, UPLOAD_PATH, WAY};
use crate::{
    desk::{Checked, Sent},
    layout::{Page, Renewal, alert, token},
    shared::{Session, Shared},
    text::t,
};
use axum::response::Html;
use maud::{Markup, html};

/// The place for a file, or how far it is.
pub(super) fn desk(shared: &Shared, session: &Session, notice: Option<&str>) -> Html<String> {
    let job = shared.job().clone();
    let body = html! {
        @if let Some(notice) = notice { (alert(notice)) }
        @match &job {
            Some(job) => { (on_its_way(session, job)) }
            None => { (place(session)) }
        }
    };
    let page = Page {
        renewal: if job.is_some_and(|job| job.is_at_work()) {
            Renewal::EverySecond
        } else {
            Renewal::Never
        },
        ..Page::of(shared, session, WAY, t!("import.title").to_string())
    };
    page.show(&body)
}

/// Where a file is dropped: browsers take it on the field itself, without a script.
fn place(session: &Session) -> Markup {
    html! {
        form.drop method="post" action=(UPLOAD_PATH) enctype="multipart/form-data" {
            (token(session))
            label for="file" { (t!("import.drop")) }
            input id="file" type="file" name="file" required accept=".csv,.txt,.xlsx,.xls,.jsonl" aria-describedby="file-help";
            p.small id="file-help" { (t!("import.help", limit = UPLOAD_BYTES_MAX / (1_024 * 1_024))) }
            button.main type="submit" { (t!("import.check")) }
        }
    }
}

fn on_its_way(session: &Session, job: &Job) -> Markup {
    let stage = job.stage();
    html! {
        p { (t!("import.file")) " " b { (job.name) } }
        @match &*stage {
            Stage::Checking => { (progress(job, "import.checking")) }
            Stage::Sending => { (progress(job, "import.sending")) }
            Stage::Checked(checked) => { (found(session, job, checked)) }
            Stage::Sent(sent) => { (result(sent)) (errors(job)) (next(session)) }
            Stage::Failed(trouble) => { (alert(&trouble.text)) (errors(job)) (next(session)) }
        }
    }
}

fn progress(job: &Job, key: &str) -> Markup {
    let (done, total) = (job.progress.done(), job.progress.total());
    html! {
        p role="status" { (t!(key)) " " @if total > 0 { (done.min(total)) " / " (total) } }
        @if total > 0 { progress max=(total) value=(done.min(total)) aria-label=(t!(key)) {} }
    }
}

/// What the check found, and what can be done with the file.
fn found(session: &Session, job: &Job, checked: &Checked) -> Markup {
    let report = &checked.report;
    html! {
        @for line in &report.lines { p { (line) } }
        @if !report.kinds.is_empty() {
            table.list {
                thead { tr { @for name in &report.header { th scope="col" { (name) } } } }
                tbody { @for row in &report.kinds { tr {
                    td { (row[0]) } td.number { (row[1]) } td.number { (row[2]) } td.number { (row[3]) }
                } } }
            }
        }
        @if !report.faults.is_empty() {
            h2 { (t!("import.faults")) }
            ul.faults { @for line in &report.faults { li { (line) } } }
        }
        @for line in &report.counts { p { (line) } }
        (errors(job))
        @if checked.valid > 0 { (offer(session, job, checked)) } @else { (alert(&t!("import.nothing"))) }
        (next(session))
    }
}

/// The way to the faulty rows, as long as the file is not put away.
fn errors(job: &Job) -> Markup {
    let rows = job.faulty();
    html! {
        @if rows > 0 { p { a href="/imports/errors" download { (t!("import.errors", rows = rows)) } } }
    }
}

fn offer(session: &Session, job: &Job, checked: &Checked) -> Markup {
    html! {
        form.offer method="post" action="/imports/send" {
            (token(session))
            input type="hidden" name="job" value=(job.id());
            @if checked.faulty > 0 {
                p { label { input type="checkbox" name="skip_faulty" value="1" required; " " (t!("import.skip", rows = checked.faulty)) } }
            }
            p { label { input type="checkbox" name="used_serials" value="1"; " " (t!("import.used")) } }
            button.main type="submit" { (t!("import.send", rows = checked.valid)) }
        }
    }
}

fn result(sent: &Sent) -> Markup {
    html! {
        div role="status" {
            @if sent.is_sent && sent.is_in_chain { p.done { (t!("import.sent")) } }
            @else if sent.is_sent { (alert(&t!("import.waits"))) } @else { (alert(&t!("import.not_sent"))) }
            @for line in &sent.lines { p { (line) } }
        }
    }
}

fn next(session: &Session) -> Markup {
    html! {
        form method="post" action="/imports/drop" {
            (token(session))
            button type="submit" { (t!("import.next")) }
        }
    }
}
