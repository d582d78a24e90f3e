//! Workers who read their first page on a portal, all at a time: the portal as the process that people run, each worker a connection of
//! their own from an address of their own.

use crate::{
    federation::{Caller, Federation, PATIENCE},
    figure::{OURS, Unit},
    lookups::Times,
    machine,
    report::Report,
};
use anyhow::{Context, bail, ensure};
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep_until, timeout},
};
use yizhang_ledger::person::SocialSecurityNumber;
use yizhang_wire::{
    purpose::{Business, Purpose},
    v1::{IssueCodeRequest, holders_client::HoldersClient, issue_code_request::Worker},
};

/// Whose portal it is.
const REGION: u32 = 440_000;
/// Paid months of each.
const MONTHS: u32 = 60;
/// Within this time each reads the page once, at moments spread evenly, as people come who know nothing of each other.
const ROUND: Duration = Duration::from_secs(10);
/// How often they do.
const ROUNDS: u32 = 3;
/// Connections that come in with their codes at a time.
const ENTERING: usize = 64;

/// Who comes.
pub struct Crowd<'c> {
    /// The program.
    pub program: &'c Path,
    /// Folder for what is imported.
    pub dir: &'c Path,
    /// How many are there at a time.
    pub workers: usize,
}

/// Measures the first page, spread over time and all at one instant.
///
/// # Errors
/// What the system or the program says; a page that is not the account.
pub async fn measure(
    report: &mut Report,
    federation: &mut Federation,
    crowd: &Crowd<'_>,
) -> anyhow::Result<()> {
    let Crowd {
        program,
        dir,
        workers,
    } = *crowd;
    federation.start(REGION)?;
    federation.wait(REGION, |status| status.ready).await?;
    let numbers = numbers(workers)?;
    import(program, federation, dir, &numbers)?;
    let portal = Portal::start(program, federation)?;
    let codes = codes(federation, &numbers).await?;
    let visitors = enter_all(&portal, codes).await?;
    let mut steady = Times::default();
    for _ in 0..ROUNDS {
        add_all(&mut steady, read_all(&portal, &visitors, ROUND).await?);
    }
    let mut burst = Times::default();
    add_all(
        &mut burst,
        read_all(&portal, &visitors, Duration::ZERO).await?,
    );
    let spread = format!("{workers} workers, each once in {} s", ROUND.as_secs());
    let at_once = format!("{workers} workers at one instant");
    let quantiles = [("p50", 0.5), ("p99", 0.99)];
    for (name, share) in quantiles {
        let took = steady.quantile(share);
        report.add(
            &format!("portal.page.{name}"),
            OURS,
            took,
            Unit::Milliseconds,
            spread.clone(),
        );
        let took = burst.quantile(share);
        report.add(
            &format!("portal.burst.{name}"),
            OURS,
            took,
            Unit::Milliseconds,
            at_once.clone(),
        );
    }
    let memory = machine::peak(portal.process.id())? as f64;
    report.add(
        "portal.memory",
        OURS,
        memory,
        Unit::Bytes,
        format!("peak, {workers} sessions"),
    );
    drop(portal);
    federation.kill(REGION)
}

fn add_all(times: &mut Times, took: Vec<Duration>) {
    for one in took {
        times.add(one);
    }
}

/// Invented numbers: no citizen's number begins with a city's own code.
fn numbers(workers: usize) -> anyhow::Result<Vec<String>> {
    let mut numbers = Vec::with_capacity(workers);
    for person in 0..workers {
        let digits = format!("440300{}0101{:03}", 1_960 + person / 1_000, person % 1_000);
        let mut checked = ('0'..='9').chain(['X']);
        let number = checked
            .find(|last| SocialSecurityNumber::parse(&format!("{digits}{last}")).is_ok())
            .map(|last| format!("{digits}{last}"));
        numbers.push(number.context("a check character")?);
    }
    Ok(numbers)
}

/// Each has paid for five years.
fn import(
    program: &Path,
    federation: &Federation,
    dir: &Path,
    numbers: &[String],
) -> anyhow::Result<()> {
    let mut text = String::from(
        "person,scheme,period,received,place,payer_kind,base,person_rate,due_person,paid_person,credited_person,serial,agency\n",
    );
    for (person, number) in numbers.iter().enumerate() {
        for month in 0..MONTHS {
            let date = format!("{}-{:02}", 2_021 + month / 12, month % 12 + 1);
            writeln!(
                text,
                "{number},hrss:110,{date},{date}-20,440300,person,5000.00,0.2,1000.00,1000.00,400.00,{person}-{month},440300"
            )?;
        }
    }
    let file = dir.join("portal.csv");
    fs::write(&file, text)?;
    let status = Command::new(program)
        .args(["--lang", "en", "agency", "import"])
        .arg(&file)
        .args([
            "--node",
            &REGION.to_string(),
            "--durable",
            "local",
            "--credentials",
        ])
        .arg(federation.agency(REGION))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "the import ended with {status}");
    Ok(())
}

/// A code for each.
async fn codes(federation: &Federation, numbers: &[String]) -> anyhow::Result<Vec<String>> {
    let channel = federation.connect(REGION, Caller::Agency(REGION))?;
    let mut client = HoldersClient::new(channel);
    let purpose = Purpose::new(Business::Inquiry, "BENCH", "bench").map_err(anyhow::Error::msg)?;
    let mut codes = Vec::with_capacity(numbers.len());
    for number in numbers {
        let request = IssueCodeRequest {
            worker: Some(Worker::Number(number.clone())),
            purpose: Some(purpose.message()),
        };
        codes.push(client.issue_code(request).await?.into_inner().code);
    }
    Ok(codes)
}

/// A portal that runs.
struct Portal {
    process: Child,
    address: SocketAddr,
}

impl Drop for Portal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Portal {
    fn start(program: &Path, federation: &Federation) -> anyhow::Result<Self> {
        let mut process = Command::new(program)
            .args([
                "--lang",
                "en",
                "portal",
                "run",
                "--node",
                &REGION.to_string(),
            ])
            .args(["--listen", "127.0.0.1:0", "--credentials"])
            .arg(federation.portal(REGION))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = process.stderr.take().context("what the portal says")?;
        let mut lines = BufReader::new(said).lines();
        let line = lines
            .find_map(|line| line.ok().filter(|line| line.contains("listens on")))
            .context("the portal says where it listens")?;
        let port = line.split("127.0.0.1:").nth(1).context("an address")?;
        let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
        // Whatever else it says has somewhere to go.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            process,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, digits.parse()?)),
        })
    }
}

/// Somebody who has come in.
#[derive(Clone)]
struct Visitor {
    address: Ipv4Addr,
    session: String,
}

/// All come in, each with a code.
async fn enter_all(portal: &Portal, codes: Vec<String>) -> anyhow::Result<Vec<Visitor>> {
    let mut visitors = Vec::with_capacity(codes.len());
    let numbered: Vec<Coming> = (0_u32..)
        .zip(codes)
        .map(|(number, code)| Coming { number, code })
        .collect();
    for some in numbered.chunks(ENTERING) {
        let mut tasks = JoinSet::new();
        for coming in some {
            tasks.spawn(enter(portal.address, coming.clone()));
        }
        while let Some(entered) = tasks.join_next().await {
            visitors.push(entered??);
        }
    }
    Ok(visitors)
}

/// Somebody with a code.
#[derive(Clone)]
struct Coming {
    number: u32,
    code: String,
}

async fn enter(portal: SocketAddr, coming: Coming) -> anyhow::Result<Visitor> {
    // The whole of 127/8 is this machine; from 127.1.0.1 on.
    let address = Ipv4Addr::from(0x7f01_0001_u32 + coming.number);
    let form = format!("code={}", coming.code.replace(' ', "+"));
    let request = format!(
        "POST /enter HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
        portal.port(),
        form.len()
    );
    let mut stream = connect(portal, address).await?;
    let answer = ask(&mut stream, &request).await?;
    let cookie = answer
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .and_then(|(_, cookie)| cookie.split(';').next());
    let session = cookie.with_context(|| answer.lines().next().unwrap_or("").to_string())?;
    Ok(Visitor {
        address,
        session: session.to_string(),
    })
}

/// Each reads the first page once within this time; how long each took, from the first byte that was sent, with the connection, to the last
/// that came.
async fn read_all(
    portal: &Portal,
    visitors: &[Visitor],
    within: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let begin = tokio::time::Instant::now() + Duration::from_millis(500);
    let count = u32::try_from(visitors.len())?;
    let mut tasks = JoinSet::new();
    for (number, visitor) in (0_u32..).zip(visitors.iter().cloned()) {
        let at = begin + within * number / count.max(1);
        let portal = portal.address;
        tasks.spawn(async move {
            sleep_until(at).await;
            read(portal, &visitor).await
        });
    }
    let mut took = Vec::with_capacity(visitors.len());
    while let Some(read) = tasks.join_next().await {
        took.push(read??);
    }
    Ok(took)
}

async fn read(portal: SocketAddr, visitor: &Visitor) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut stream = connect(portal, visitor.address).await?;
    let request = format!(
        "GET /account HTTP/1.1\r\nHost: localhost\r\nCookie: language=zh; {}\r\nConnection: close\r\n\r\n",
        visitor.session
    );
    let answer = ask(&mut stream, &request).await?;
    let took = start.elapsed();
    if !answer.starts_with("HTTP/1.1 200") || !answer.contains("</html>") {
        bail!("the page: {}", answer.lines().next().unwrap_or(""));
    }
    Ok(took)
}

async fn connect(portal: SocketAddr, from: Ipv4Addr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    Ok(timeout(PATIENCE, socket.connect(portal)).await??)
}

/// Sends a request and reads until the portal closes.
async fn ask(stream: &mut TcpStream, request: &str) -> anyhow::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
