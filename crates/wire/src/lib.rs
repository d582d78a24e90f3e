//! The gRPC services of `proto/`, as generated (`generated/`, which a test holds to `proto/`), and what both ends of a
//! connection share: settings, waits, codes of refusals.
//!
//! Generated types stay at the border: [`convert`] turns them into domain types and back. Not here: any decision.
//!
//! ```
//! use yizhang_wire::convert;
//!
//! assert!(convert::hashes(&[0; 64]).unwrap().len() == 2);
//! assert!(convert::hashes(&[0; 63]).is_err());
//! ```

pub mod channel;
pub mod code;
pub mod convert;
pub mod deadline;
pub mod purpose;
pub mod shown;

/// The generated code: one client and one server module for each service, one struct for each message.
#[allow(missing_docs, clippy::pedantic, unreachable_pub)]
pub mod v1 {
    include!("../generated/yizhang.v1.rs");
}

/// The compiled descriptions of all services, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("../generated/descriptors.bin");
