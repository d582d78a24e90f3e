//! Bytes as they stand in the page.

use base64ct::{Base64, Encoding};
use miniz_oxide::deflate::compress_to_vec_zlib;
use sha2::{Digest, Sha256};

/// How hard is compressed: a page is written once and sent often.
const LEVEL: u8 = 9;

/// Bytes as text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Bytes compressed (zlib), as text.
pub(crate) fn deflated(bytes: &[u8]) -> String {
    base64(&compress_to_vec_zlib(bytes, LEVEL))
}

/// How a policy names the text of a script or style.
pub(crate) fn policy_hash(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}
