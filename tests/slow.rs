//! Who sends a form a byte a second: the connection is ended within the limit that is named for it, and others are served meanwhile.

use crate::{console::Console, portal};
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// How long a portal waits for an answer, its request included (crates/portal/src/guard.rs, `ANSWER_TIMEOUT`).
const PORTAL_LIMIT: Duration = Duration::from_secs(90);
/// How long a console waits for a form (crates/console/src/guard.rs, `FORM_TIMEOUT`).
const CONSOLE_LIMIT: Duration = Duration::from_secs(20);
/// What a busy machine may add.
const ROOM: Duration = Duration::from_secs(20);
/// Slow callers at a time: as many as one household may have beside those who are served.
const SLOW: usize = 24;

/// Sends a head and then a byte a second until the other side has ended the connection; what it said, and how long that took.
fn drip(port: u16, head: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut reading = stream.try_clone().unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let begun = Instant::now();
    let reader = thread::spawn(move || {
        let mut said = Vec::new();
        // A reset is an end as well.
        let _ = reading.read_to_end(&mut said);
        (String::from_utf8_lossy(&said).into_owned(), begun.elapsed())
    });
    while !reader.is_finished() {
        // Once it has ended there is nobody who reads this.
        let _ = stream.write_all(b"a");
        thread::sleep(Duration::from_secs(1));
    }
    reader.join().unwrap()
}

/// Lets several drip at once, and serves others until all of them were ended.
#[track_caller]
fn assert_cut_off(port: u16, head: &str, limit: Duration, mut serve: impl FnMut()) {
    let slow: Vec<_> = (0..SLOW)
        .map(|_| {
            let head = head.to_owned();
            thread::spawn(move || drip(port, &head))
        })
        .collect();
    while !slow.iter().all(thread::JoinHandle::is_finished) {
        let begun = Instant::now();
        serve();
        assert!(begun.elapsed() < Duration::from_secs(10), "others wait");
        thread::sleep(Duration::from_secs(2));
    }
    for slow in slow {
        let (said, took) = slow.join().unwrap();
        assert!(took < limit + ROOM, "{took:?}");
        assert!(took + Duration::from_secs(2) > limit, "{took:?}: {said}");
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    }
}

#[test]
fn a_form_that_comes_a_byte_a_second_is_cut_off_by_the_portal() {
    let town = portal::town();
    let site = town.door.site();
    let head = format!(
        "POST /enter HTTP/1.1\r\nHost: localhost\r\nOrigin: {site}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4096\r\n\r\ncode="
    );
    assert_cut_off(town.door.port, &head, PORTAL_LIMIT, || {
        assert_eq!(town.door.get("/", "").status, 200);
    });
}

#[test]
fn a_form_that_comes_a_byte_a_second_is_cut_off_by_the_console() {
    let town = portal::town();
    let mut console = Console::start(&town.federation, &[]);
    console.enter();
    let (host, cookie) = (&console.host, &console.cookie);
    let head = |cookie: &str, path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4096\r\n\r\ntoken="
        )
    };
    for path in ["/person", "/purpose"] {
        assert_cut_off(console.port, &head(cookie, path), CONSOLE_LIMIT, || {
            assert_eq!(console.get("/person").status, 200);
        });
    }
    // Whoever has no session is not waited for at all, nor whoever does not know the name.
    for (head, status) in [
        (head("", "/person"), "403"),
        (
            head(cookie, "/person").replace(host.as_str(), "localhost"),
            "421",
        ),
    ] {
        let (said, took) = drip(console.port, &head);
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
