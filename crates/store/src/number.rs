//! Numbers between memory (`usize`) and disk (`u64`). They never lose anything: the store needs 64-bit addresses.

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the store needs a machine with 64-bit addresses");

pub(crate) const fn wide(number: usize) -> u64 {
    number as u64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "addresses have 64 bits, as asserted above"
)]
pub(crate) const fn narrow(number: u64) -> usize {
    number as usize
}

/// Reads fields one after the other; `None` at the end of the bytes.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    /// An integer of seven bits a byte, lowest first, at most ten bytes.
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// Passes over an integer of at most ten bytes.
    pub(crate) fn skip_varint(&mut self) -> Option<()> {
        let length = self.0.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
        self.take(length).map(|_| ())
    }
}

pub(crate) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}
