//! Why nothing was to be had from a provider. What these say stands in the log: nothing in it is about a person.

/// Why nothing was to be had from a provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// None of the certificates of authorities can be used.
    #[error("there is no certificate of an authority to know the identity provider by")]
    NoAuthority,
    /// What it says of itself names another issuer, or the issuer is no address.
    #[error("what the identity provider says of itself names another issuer")]
    Issuer,
    /// What it says of itself is not in its form.
    #[error("what the identity provider says of itself cannot be read")]
    Document,
    /// One of its addresses is not HTTPS.
    #[error("the identity provider names an address that is not HTTPS")]
    Endpoint,
    /// It knows no S256.
    #[error("the identity provider does not know PKCE by S256")]
    NoPkce,
    /// No connection.
    #[error("the identity provider cannot be reached: {0}")]
    Unreached(#[from] std::io::Error),
    /// The connection has ended, or what came is no HTTP.
    #[error("the identity provider has not answered: {0}")]
    Unanswered(#[from] hyper::Error),
    /// No answer in time.
    #[error("the identity provider has not answered in time")]
    Late,
    /// An answer without an end, or one that broke off.
    #[error("the identity provider's answer is longer than is read, or broke off")]
    Body,
    /// Another status than was expected.
    #[error("the identity provider has answered with status {0}")]
    Status(u16),
    /// It was not to be had seconds ago.
    #[error("the identity provider was not to be had just now")]
    JustFailed,
    /// It does not know the portal, or by another secret.
    #[error("the identity provider does not take the portal for its client")]
    Client,
    /// The code is worth nothing: used, too old, another client's, or by another verifier.
    #[error("the identity provider gives nothing for the code")]
    Code,
    /// It gave no ID token.
    #[error("the identity provider has given no ID token")]
    NoToken,
    /// The ID token is longer than nodes read.
    #[error("the ID token has {found} bytes; at most {limit} are read")]
    LongToken {
        /// How many are read.
        limit: usize,
        /// How many came.
        found: usize,
    },
}
