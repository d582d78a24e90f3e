//! Conversions between widths that cannot lose anything, each with the reason.

/// A count of things in memory as a number of the format.
pub(crate) fn wide(count: usize) -> u64 {
    u64::try_from(count).expect("an address has at most 64 bits")
}

/// A number of 32 bits as a position in memory.
pub(crate) fn narrow(number: u32) -> usize {
    usize::try_from(number).expect("an address has at least 32 bits")
}
