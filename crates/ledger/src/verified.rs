//! A type that remembers a check.

use core::ops::Deref;

/// A value that this crate has verified against a signed head; there is no other way to make one.
///
/// What was checked is stated by the function that returns it: [`crate::chain::Extension::confirm`] for batches,
/// [`crate::head::Head::open`] for heads, [`crate::fact::Fact::prove`] for single records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value up, and with it the memory of the check.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
