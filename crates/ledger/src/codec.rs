//! Canonical bytes: bincode 2, standard configuration (little endian, variable-length integers), decoded strictly.
//!
//! Strict means: decoding must consume every byte, and encoding the decoded value again must give the same bytes. So
//! every value has exactly one encoding, and a reader in another language can check it the same way.

use alloc::vec::Vec;
use bincode::{BorrowDecode, Encode, config::Configuration, error::DecodeError};

/// Largest payload of a record, in bytes. The largest record of today takes about 400; the rest is room for kinds to come.
pub const PAYLOAD_BYTES_MAX: usize = 2_048;

const CONFIG: Configuration = bincode::config::standard();

/// Why bytes are not the canonical encoding of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecFault {
    /// The bytes end inside a field, or a field holds a value outside its bounds.
    #[error("{0}")]
    Field(&'static str),
    /// Bytes are left after the last field.
    #[error("{extra} bytes follow the last field")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// The value has a shorter encoding than the one given.
    #[error("the encoding is not the canonical one")]
    NotCanonical,
    /// The value does not fit into [`PAYLOAD_BYTES_MAX`].
    #[error("the payload is larger than 2048 bytes")]
    TooLarge,
}

/// Appends the canonical bytes of `value` to `out`.
///
/// # Errors
/// [`CodecFault::TooLarge`] when they exceed [`PAYLOAD_BYTES_MAX`].
pub fn encode(value: &impl Encode, out: &mut Vec<u8>) -> Result<(), CodecFault> {
    let mut scratch = [0; PAYLOAD_BYTES_MAX];
    let written = encode_into(value, &mut scratch)?;
    out.extend_from_slice(written);
    Ok(())
}

/// Decodes a record payload of at most [`PAYLOAD_BYTES_MAX`] bytes.
///
/// # Errors
/// Any [`CodecFault`].
pub fn decode<'a, T: BorrowDecode<'a, ()> + Encode>(bytes: &'a [u8]) -> Result<T, CodecFault> {
    let value = read_whole(bytes)?;
    let mut scratch = [0; PAYLOAD_BYTES_MAX];
    if encode_into(&value, &mut scratch)? == bytes {
        Ok(value)
    } else {
        Err(CodecFault::NotCanonical)
    }
}

/// As [`encode`] without the bound on size, for structures that bound themselves.
pub(crate) fn encode_unbounded(value: &impl Encode) -> Result<Vec<u8>, CodecFault> {
    bincode::encode_to_vec(value, CONFIG).map_err(|_| CodecFault::TooLarge)
}

/// As [`decode`] without the bound on size, for structures that bound themselves.
pub(crate) fn decode_unbounded<'a, T: BorrowDecode<'a, ()> + Encode>(
    bytes: &'a [u8],
) -> Result<T, CodecFault> {
    let value = read_whole(bytes)?;
    if encode_unbounded(&value)? == bytes {
        Ok(value)
    } else {
        Err(CodecFault::NotCanonical)
    }
}

/// As [`decode`] for a structure that is larger than a record: its parts may take `LIMIT` bytes of memory at a time, so that a count that
/// somebody made up takes no room.
///
/// # Errors
/// Any [`CodecFault`].
pub fn decode_within<'a, const LIMIT: usize, T: BorrowDecode<'a, ()> + Encode>(
    bytes: &'a [u8],
) -> Result<T, CodecFault> {
    let config = CONFIG.with_limit::<LIMIT>();
    let (value, read) = bincode::borrow_decode_from_slice(bytes, config)
        .map_err(|error| CodecFault::Field(reason(&error)))?;
    let value: T = whole(value, read, bytes)?;
    if encode_whole(&value)? == bytes {
        Ok(value)
    } else {
        Err(CodecFault::NotCanonical)
    }
}

/// The canonical bytes of a structure that is larger than a record.
///
/// # Errors
/// [`CodecFault::TooLarge`] where a part of it has a bound of its own.
pub fn encode_whole(value: &impl Encode) -> Result<Vec<u8>, CodecFault> {
    encode_unbounded(value)
}

fn encode_into<'s>(
    value: &impl Encode,
    scratch: &'s mut [u8; PAYLOAD_BYTES_MAX],
) -> Result<&'s [u8], CodecFault> {
    let length =
        bincode::encode_into_slice(value, scratch, CONFIG).map_err(|_| CodecFault::TooLarge)?;
    scratch.get(..length).ok_or(CodecFault::TooLarge)
}

fn read_whole<'a, T: BorrowDecode<'a, ()>>(bytes: &'a [u8]) -> Result<T, CodecFault> {
    let (value, read) = bincode::borrow_decode_from_slice(bytes, CONFIG)
        .map_err(|error| CodecFault::Field(reason(&error)))?;
    whole(value, read, bytes)
}

/// Refuses bytes behind what was read.
fn whole<T>(value: T, read: usize, bytes: &[u8]) -> Result<T, CodecFault> {
    let extra = bytes
        .len()
        .checked_sub(read)
        .expect("a decoder reads no more bytes than it was given");
    match extra {
        0 => Ok(value),
        extra => Err(CodecFault::Trailing { extra }),
    }
}

const fn reason(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::UnexpectedEnd { .. } => "the bytes end inside a field",
        DecodeError::InvalidBooleanValue(_) => "a yes/no field is neither 0 nor 1",
        DecodeError::UnexpectedVariant { .. } => "a choice has a number that stands for nothing",
        DecodeError::Utf8 { .. } => "a text field is not UTF-8",
        DecodeError::LimitExceeded => "a count is larger than there is room for",
        DecodeError::Other(reason) => reason,
        _ => "a field cannot be read",
    }
}

/// Gives a checked integer its canonical encoding: the integer itself, checked again on the way in.
macro_rules! canonical_integer {
    ($type:ty, $integer:ty, $expected:literal) => {
        impl bincode::Encode for $type {
            fn encode<E: bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), bincode::error::EncodeError> {
                bincode::Encode::encode(&self.0, encoder)
            }
        }

        impl<'de, C> bincode::BorrowDecode<'de, C> for $type {
            fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
                decoder: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                let value: $integer = bincode::BorrowDecode::borrow_decode(decoder)?;
                Self::new(value).ok_or(bincode::error::DecodeError::Other($expected))
            }
        }
    };
}
pub(crate) use canonical_integer;
