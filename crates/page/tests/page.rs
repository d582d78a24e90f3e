//! The page is one file that opens no connection, and is the same for the same arguments.

use yizhang_page::{Page, VERIFIER, page};
use yizhang_verifier::File;

/// Largest page with a statement in it, in bytes.
const PAGE_BYTES_MAX: usize = 2 << 20;

fn carrying(bytes: &[u8]) -> String {
    page(&Page {
        fingerprint: "0123",
        files: vec![File {
            name: "a \"quoted\" <name>",
            bytes,
        }],
    })
}

#[test]
fn its_first_lines_forbid_every_connection() {
    let page = page(&Page::default());
    let head: String = page.chars().take(512).collect();
    assert!(head.contains("default-src 'none'"), "{head}");
    assert!(head.find("Content-Security-Policy") < page.find("<style"));
    for wide in [
        "unsafe-inline",
        "'unsafe-eval'",
        "http:",
        "https:",
        "connect-src",
        "src=",
        "href=",
    ] {
        let markup = page.split("<style>").next().unwrap();
        assert!(!markup.contains(wide), "{wide}");
    }
    // Nothing in it names a place outside.
    assert!(!page.contains("://"));
}

#[test]
fn the_same_arguments_give_the_same_page_and_it_is_small() {
    let largest = vec![7; 256 << 10];
    let one = carrying(&largest);
    assert_eq!(one, carrying(&largest));
    assert!(one.len() < PAGE_BYTES_MAX, "{}", one.len());
    assert!(one.contains("a &quot;quoted&quot; &lt;name&gt;"));
}

#[test]
fn the_verifier_in_it_is_web_assembly_and_asks_the_browser_for_nothing() {
    assert_eq!(VERIFIER.get(..8), Some(&b"\0asm\x01\0\0\0"[..]));
    // The import section has the number 2; behind the header stand sections with their numbers and lengths.
    let mut rest = &VERIFIER[8..];
    let mut sections = Vec::new();
    while let Some((number, after)) = rest.split_first() {
        sections.push(*number);
        let (length, bytes) = leb128(after);
        rest = &after[bytes + length..];
    }
    assert!(!sections.contains(&2), "{sections:?}");
}

/// A number of WebAssembly and how many bytes it takes.
fn leb128(bytes: &[u8]) -> (usize, usize) {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return (value, at + 1);
        }
    }
    panic!("a number ends");
}
