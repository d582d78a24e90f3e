//! How workers show that they are there: the one-time code that an agency gives them once, and the keys that are bound to their account
//! with it, an Ed25519 key in a file or a passkey of a phone.
//!
//! Pure: challenges, signatures and days are arguments. Which keys are bound stands in the chains ([`yizhang_ledger::record::KeyBound`]);
//! which challenges are open, the node knows. It is not the place for either.
//!
//! ```
//! use ed25519_dalek::SigningKey;
//! use yizhang_holder::{Nonce, proof::{self, Opening}};
//! use yizhang_ledger::{holder::HolderName, person::AccountId, value::{Day, Division}};
//!
//! let region = Division::new(440_000).unwrap();
//! let name = HolderName { account: AccountId([7; 16]), region, number: 0 };
//! let nonce = Nonce([1; 32]);
//! let opening = Opening { name, node: region, day: Day::new(2026_12_01).unwrap(), nonce: &nonce };
//! let key = SigningKey::from_bytes(&[9; 32]);
//! let signature = proof::sign_opening(&key, &opening);
//! assert!(proof::opens(&key.verifying_key().to_bytes(), &signature, &opening));
//! // The same signature opens nothing tomorrow.
//! let tomorrow = Opening { day: Day::new(2026_12_02).unwrap(), ..opening };
//! assert!(!proof::opens(&key.verifying_key().to_bytes(), &signature, &tomorrow));
//! ```
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

pub mod code;
mod origin;
pub mod passkey;
pub mod proof;
pub mod sign_on;

pub use code::EntryCode;
pub use proof::Nonce;
