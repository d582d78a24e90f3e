//! Bytes as they stand in the page.

use base64ct::{Base64, Encoding};
use flate2::{Compression, write::ZlibEncoder};
use sha2::{Digest, Sha256};
use std::io::Write as _;

/// Bytes as text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Bytes compressed (zlib), as text.
pub(crate) fn deflated(bytes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .expect("a vector takes whatever is written");
    base64(
        &encoder
            .finish()
            .expect("a vector takes whatever is written"),
    )
}

/// How a policy names the text of a script or style.
pub(crate) fn policy_hash(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}
