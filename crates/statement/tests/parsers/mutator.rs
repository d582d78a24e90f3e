//! Bytes that are nearly right.

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// Largest input, beside what the seeds have: small ones are many.
const GROWTH_MAX: usize = 70_000;
/// Where readers of numbers turn: markers of varints, signs, digits.
const BYTES: [u8; 14] = [
    0, 1, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, b'\n', b' ', b'0', b'9',
];
/// Numbers as lengths and positions.
const NUMBERS: [u64; 9] = [
    0,
    1,
    250,
    251,
    65_536,
    u32::MAX as u64,
    1 << 40,
    (1 << 63) - 1,
    u64::MAX,
];

/// One of the seeds, changed a few times.
pub(crate) fn mutated(rng: &mut ChaCha8Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds.choose(rng).unwrap().clone();
    for _ in 0..rng.random_range(1..=6) {
        change(rng, &mut bytes, seeds);
    }
    bytes
}

fn change(rng: &mut ChaCha8Rng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let (start, end) = range(rng, bytes.len());
    match rng.random_range(0..9) {
        0 => {
            if let Some(byte) = bytes.get_mut(start) {
                *byte ^= 1 << rng.random_range(0..8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(start) {
                *byte = *BYTES.choose(rng).unwrap();
            }
        }
        2 => drop(bytes.drain(start..end)),
        3 => {
            let again = bytes[start..end].to_vec();
            let times = *[1, 2, 200].choose(rng).unwrap();
            let most = GROWTH_MAX / again.len().max(1);
            bytes.splice(start..start, again.repeat(most.min(times)));
        }
        4 => {
            let other = seeds.choose(rng).unwrap();
            let (from, to) = range(rng, other.len());
            bytes.splice(start..end, other[from..to].iter().copied());
        }
        5 => {
            let number = NUMBERS.choose(rng).unwrap();
            let width = *[1, 2, 4, 8].choose(rng).unwrap();
            let end = bytes.len().min(start + width);
            bytes.splice(start..end, number.to_le_bytes()[..width].iter().copied());
        }
        6 => {
            let digits = NUMBERS.choose(rng).unwrap().to_string();
            bytes.splice(start..end.min(start + 2), digits.into_bytes());
        }
        7 => bytes.truncate(end),
        _ => {
            let more: Vec<u8> = (0..rng.random_range(1..9)).map(|_| rng.random()).collect();
            bytes.splice(start..start, more);
        }
    }
}

/// A range of so many bytes, mostly a short one.
fn range(rng: &mut ChaCha8Rng, length: usize) -> (usize, usize) {
    let start = rng.random_range(0..=length);
    let most = *[1, 4, 32, length].choose(rng).unwrap();
    (start, length.min(start + rng.random_range(0..=most)))
}
