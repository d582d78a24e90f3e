//! The headline figures of a worker's statement as a credential for wallets: an SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc),
//! signed with ES256, short-lived, each figure shown or kept back by whoever holds it.
//!
//! It proves nothing beyond who signed it: what it says was checked by its issuer, in a statement that its digest names and that anybody
//! can check for ever. It carries neither name nor number nor pseudonym. It is *not* the place for files, clocks or words for people;
//! time and randomness are arguments.
//!
//! The form is written here and not taken from a library: what is at hand cannot name the type that wallets ask for, or wants a runtime
//! for two hundred lines. Another library reads it in the tests.
//!
//! ```
//! use yizhang_credential::PublicKey;
//!
//! let jwk = r#"{"kty":"EC","crv":"P-256",
//!     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
//! let key = PublicKey::from_jwk(jwk).unwrap();
//! assert_eq!(PublicKey::from_jwk(&key.to_jwk().to_string()), Ok(key));
//! ```

mod check;
mod figures;
mod issue;
mod key;

pub use check::{CREDENTIAL_BYTES_MAX, CredentialFault, check};
pub use issue::{
    Credential, DAYS_DEFAULT, DAYS_MAX, Days, ENTITLEMENT, IssueFault, Standing, issue,
};
pub use key::{IssuerKey, KeyFault, PublicKey};

/// `alg` of the header: ECDSA on P-256 with SHA-256, the one algorithm that all wallets must know (OpenID4VC HAIP).
const ALGORITHM: &str = "ES256";
/// `typ` of the header (SD-JWT VC, section 2.2.1).
const TYPE: &str = "dc+sd-jwt";
/// How disclosures are hashed.
const HASH: &str = "sha-256";
/// Stands between an SD-JWT and its disclosures, and behind the last of them.
const SEPARATOR: char = '~';

/// The digest of a disclosure (RFC 9901, section 4.2.3): over its text, not over what it says.
fn digest_of(disclosure: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use sha2::{Digest, Sha256};
    Base64UrlUnpadded::encode_string(&Sha256::digest(disclosure))
}
