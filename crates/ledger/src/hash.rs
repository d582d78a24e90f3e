//! Hashes of leaves and branches: BLAKE3 in keyed mode, one key each.
//!
//! The preimage of a leaf is its length (4 bytes, little endian), its bytes, and zeros up to a multiple of 64. A branch
//! is exactly 64 bytes, its two children, so it costs one compression. Both are ordinary keyed BLAKE3 of those bytes;
//! leaves of equal padded length and branches are hashed eight at a time where the machine can, with equal results.

use alloc::{string::String, vec, vec::Vec};
use base64ct::{Base64, Encoding};
use bincode::{BorrowDecode, Encode};
use blake3::{IncrementCounter, platform::Platform};
use core::{cmp::Ordering, fmt};

/// Context from which the key of leaves is derived.
pub const LEAF_CONTEXT: &str = "yizhang 2026-11-23 v1 leaf";
/// Context from which the key of branches is derived.
pub const BRANCH_CONTEXT: &str = "yizhang 2026-11-23 v1 branch";

/// Bytes that a leaf's preimage is padded to a multiple of: one BLAKE3 block.
pub(crate) const BLOCK_BYTES: usize = 64;
/// Bytes of the length that a leaf's preimage starts with.
const LENGTH_BYTES: usize = 4;

/// A 32-byte BLAKE3 hash; ordered as its bytes are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Encode, BorrowDecode)]
pub struct Hash(pub [u8; 32]);

impl Ord for Hash {
    /// The first eight bytes tell nearly all hashes apart, and compare faster as one number: records are sorted by hash.
    fn cmp(&self, other: &Self) -> Ordering {
        let start = |hash: &Self| hash.0.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        start(self)
            .cmp(&start(other))
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Hash {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash {
    /// All zeros: "there is none", where the format has a hash but nothing to name.
    pub const ZERO: Self = Self([0; 32]);

    /// Standard base64 with padding, as in heads.
    pub fn to_base64(self) -> String {
        Base64::encode_string(&self.0)
    }

    /// Reads what [`Hash::to_base64`] writes, and nothing else.
    pub fn from_base64(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        (Base64::decode(text, &mut bytes).ok()?.len() == 32).then_some(Self(bytes))
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| {
            *DIGITS
                .get(usize::from(half))
                .expect("half a byte is below 16")
        };
        let mut text = [0; 2 * 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(core::str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("..")
    }
}

impl Hash {
    /// Its first bytes: what names a thing where all 32 are more than is needed.
    pub const fn first<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32, "a hash has 32 bytes") };
        *self
            .0
            .first_chunk()
            .expect("no more bytes than a hash has, as is checked when this is compiled")
    }
}

/// Reads `2 * N` lower-case hexadecimal digits.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a')?.checked_add(10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)?.checked_shl(4)? | digit(*low)?;
    }
    Some(bytes)
}

/// How the tree hashes. Two implementations: ours, and in the tests SHA-256 as RFC 6962 has it, so that the public
/// vectors of that standard check the same tree code.
pub trait TreeHasher {
    /// The hash of a leaf.
    fn leaf(bytes: &[u8]) -> Hash;
    /// The hash of a branch from its children.
    fn branch(left: &Hash, right: &Hash) -> Hash;
    /// The root of the tree without leaves.
    fn empty() -> Hash;
    /// Appends the hash of each branch whose children stand side by side in `children`; an odd last child is ignored.
    fn branches(children: &[Hash], out: &mut Vec<Hash>) {
        let (pairs, _odd) = children.as_chunks::<2>();
        out.extend(pairs.iter().map(|[left, right]| Self::branch(left, right)));
    }
}

/// The hasher of every chain.
#[derive(Clone, Copy, Debug)]
pub struct Blake3Keyed;

impl TreeHasher for Blake3Keyed {
    fn leaf(bytes: &[u8]) -> Hash {
        hash_leaf(bytes)
    }

    fn branch(left: &Hash, right: &Hash) -> Hash {
        hash_keyed_block(&BRANCH_KEY, &pair(left, right))
    }

    /// The hash of a leaf of no bytes under the key of branches cannot be any branch (64 bytes), nor any leaf.
    fn empty() -> Hash {
        Hash(*blake3::keyed_hash(&BRANCH_KEY, &[]).as_bytes())
    }

    fn branches(children: &[Hash], out: &mut Vec<Hash>) {
        let (pairs, _odd) = children.as_chunks::<2>();
        let blocks = pairs.iter().map(|[left, right]| pair(left, right));
        hash_keyed_blocks(&BRANCH_KEY, blocks, out);
    }
}

/// The hash of one leaf.
pub fn hash_leaf(bytes: &[u8]) -> Hash {
    let mut preimage = Vec::with_capacity(padded_length(bytes.len()));
    write_preimage(bytes, &mut preimage);
    Hash(*blake3::keyed_hash(&LEAF_KEY, &preimage).as_bytes())
}

/// The hashes of many leaves, in order; several times faster than one by one.
pub fn hash_leaves<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<Hash> {
    let leaves = leaves.into_iter();
    let mut out = Vec::with_capacity(leaves.size_hint().0);
    let mut lanes = Lanes::new();
    for bytes in leaves {
        let position = out.len();
        out.push(Hash::ZERO);
        match padded_length(bytes.len()) / BLOCK_BYTES {
            1 => lanes
                .one
                .add(position, bytes, &lanes.key, lanes.platform, &mut out),
            2 => lanes
                .two
                .add(position, bytes, &lanes.key, lanes.platform, &mut out),
            3 => lanes
                .three
                .add(position, bytes, &lanes.key, lanes.platform, &mut out),
            4 => lanes
                .four
                .add(position, bytes, &lanes.key, lanes.platform, &mut out),
            // Longer leaves are rare: transfers with long serials, batch entries.
            _ => put(&mut out, position, hash_leaf(bytes)),
        }
    }
    lanes.one.flush(&lanes.key, lanes.platform, &mut out);
    lanes.two.flush(&lanes.key, lanes.platform, &mut out);
    lanes.three.flush(&lanes.key, lanes.platform, &mut out);
    lanes.four.flush(&lanes.key, lanes.platform, &mut out);
    out
}

/// A hash for a purpose outside the tree: BLAKE3 in key-derivation mode under a context of its own.
pub fn derive(context: &str, parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    Hash(*hasher.finalize().as_bytes())
}

/// `blake3::derive_key(LEAF_CONTEXT, "")`, written out so that no call derives it again; a test does.
const LEAF_KEY: [u8; 32] = [
    0xa5, 0x86, 0x4f, 0xc1, 0x6f, 0x3b, 0x5f, 0xc3, 0x78, 0xc5, 0xee, 0x1a, 0x92, 0x10, 0x75, 0x7d,
    0x18, 0xa8, 0xa7, 0xf7, 0x90, 0x0c, 0x21, 0x91, 0xc5, 0xe4, 0xf6, 0x9f, 0x9e, 0x32, 0x13, 0x3d,
];
/// `blake3::derive_key(BRANCH_CONTEXT, "")`.
const BRANCH_KEY: [u8; 32] = [
    0xa3, 0xdf, 0x83, 0x08, 0xbb, 0x5f, 0x29, 0xc7, 0x22, 0x08, 0x41, 0xad, 0x39, 0x29, 0xd2, 0xb2,
    0xb9, 0xf5, 0xbc, 0x7c, 0x03, 0x58, 0x4a, 0x94, 0x12, 0xac, 0xab, 0x4c, 0x2e, 0x94, 0xe5, 0x99,
];

/// Leaves hashed at once: AVX2 has eight lanes; on machines with fewer the crate splits the group.
const LANES: usize = 8;

// Flags of a keyed BLAKE3 hash whose input is a single chunk (BLAKE3 paper, section 2.2).
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const KEYED_HASH: u8 = 1 << 4;

struct Lanes {
    key: [u32; 8],
    platform: Platform,
    one: Lane<64>,
    two: Lane<128>,
    three: Lane<192>,
    four: Lane<256>,
}

impl Lanes {
    fn new() -> Self {
        Self {
            key: blake3::platform::words_from_le_bytes_32(&LEAF_KEY),
            platform: Platform::detect(),
            one: Lane::new(),
            two: Lane::new(),
            three: Lane::new(),
            four: Lane::new(),
        }
    }
}

/// Leaves of one padded length that wait for company.
struct Lane<const N: usize> {
    preimages: [[u8; N]; LANES],
    positions: [usize; LANES],
    filled: usize,
}

impl<const N: usize> Lane<N> {
    const fn new() -> Self {
        Self {
            preimages: [[0; N]; LANES],
            positions: [0; LANES],
            filled: 0,
        }
    }

    fn add(
        &mut self,
        position: usize,
        bytes: &[u8],
        key: &[u32; 8],
        platform: Platform,
        out: &mut [Hash],
    ) {
        let free = "a full lane is emptied at once";
        let preimage = self.preimages.get_mut(self.filled).expect(free);
        write_preimage_into(bytes, preimage);
        *self.positions.get_mut(self.filled).expect(free) = position;
        self.filled = self.filled.checked_add(1).expect(free);
        if self.filled == LANES {
            self.flush(key, platform, out);
        }
    }

    fn flush(&mut self, key: &[u32; 8], platform: Platform, out: &mut [Hash]) {
        let filled = self.preimages.get(..self.filled);
        let filled = filled.expect("a lane holds at most eight");
        hash_blocks(platform, key, filled, |lane, hash| {
            let position = self.positions.get(lane).expect("each of the eight has one");
            put(out, *position, hash);
        });
        self.filled = 0;
    }
}

/// A block of two hashes.
pub(crate) fn pair(left: &Hash, right: &Hash) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let (first, second) = block.split_at_mut(32);
    first.copy_from_slice(&left.0);
    second.copy_from_slice(&right.0);
    block
}

/// Keyed BLAKE3 of one block.
pub(crate) fn hash_keyed_block(key: &[u8; 32], block: &[u8; BLOCK_BYTES]) -> Hash {
    Hash(*blake3::keyed_hash(key, block).as_bytes())
}

/// Appends what [`hash_keyed_block`] gives for each block, in order; several times faster than one by one.
pub(crate) fn hash_keyed_blocks(
    key: &[u8; 32],
    blocks: impl IntoIterator<Item = [u8; BLOCK_BYTES]>,
    out: &mut Vec<Hash>,
) {
    let key = blake3::platform::words_from_le_bytes_32(key);
    let platform = Platform::detect();
    let mut blocks = blocks.into_iter();
    let mut group = [[0_u8; BLOCK_BYTES]; LANES];
    loop {
        let mut filled = 0_usize;
        for (place, block) in group.iter_mut().zip(&mut blocks) {
            *place = block;
            filled = filled.checked_add(1).expect("a group is at most eight");
        }
        let taken = group.get(..filled).expect("a group is at most eight");
        hash_blocks(platform, &key, taken, |_, hash| out.push(hash));
        if filled < LANES {
            return;
        }
    }
}

/// Keyed BLAKE3 of up to [`LANES`] inputs of `N` bytes, `N` a multiple of 64 and at most 1024 (one chunk).
fn hash_blocks<const N: usize>(
    platform: Platform,
    key: &[u32; 8],
    inputs: &[[u8; N]],
    mut each: impl FnMut(usize, Hash),
) {
    let Some(first) = inputs.first() else { return };
    let mut references = [first; LANES];
    for (reference, input) in references.iter_mut().zip(inputs) {
        *reference = input;
    }
    let references = references
        .get(..inputs.len())
        .expect("callers give at most eight inputs");
    let mut output = [0_u8; LANES * 32];
    platform.hash_many(
        references,
        key,
        0,
        IncrementCounter::No,
        KEYED_HASH,
        CHUNK_START,
        CHUNK_END | ROOT,
        &mut output,
    );
    let (hashes, _) = output.as_chunks::<32>();
    for (lane, hash) in hashes.iter().take(references.len()).enumerate() {
        each(lane, Hash(*hash));
    }
}

fn put(out: &mut [Hash], position: usize, hash: Hash) {
    *out.get_mut(position)
        .expect("each leaf has got a place when it was taken") = hash;
}

fn padded_length(length: usize) -> usize {
    length
        .checked_add(LENGTH_BYTES)
        .and_then(|length| length.checked_next_multiple_of(BLOCK_BYTES))
        .expect("what lies in memory is shorter than the largest address by more than a block")
}

fn write_preimage(bytes: &[u8], preimage: &mut Vec<u8>) {
    *preimage = vec![0; padded_length(bytes.len())];
    write_preimage_into(bytes, preimage);
}

/// `preimage` has exactly the padded length.
fn write_preimage_into(bytes: &[u8], preimage: &mut [u8]) {
    let length = u32::try_from(bytes.len()).expect("an entry is bounded by its own framing");
    let length = length.to_le_bytes();
    let (head, rest) = preimage.split_at_mut(LENGTH_BYTES);
    head.copy_from_slice(&length);
    let (body, padding) = rest.split_at_mut(bytes.len());
    body.copy_from_slice(bytes);
    padding.fill(0);
}
