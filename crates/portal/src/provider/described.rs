//! What a provider says of itself (OpenID Connect Discovery 1.0, 3), as far as it matters.

use super::{Address, ProviderFault};
use serde::Deserialize;

/// What a provider says of itself.
#[derive(Debug)]
pub(super) struct Described {
    /// Where browsers sign on.
    pub(super) authorization: Address,
    /// Where codes are redeemed.
    pub(super) token: Address,
    /// Where its keys lie.
    pub(super) keys: Address,
    /// Whether it takes a client's secret in the head of a request; else in its form.
    pub(super) takes_basic: bool,
    /// Whether its answers say by whom they are (RFC 9207, 3).
    pub(super) names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Described {
    /// Reads the document of an issuer.
    pub(super) fn read(document: &[u8], issuer: &Address) -> Result<Self, ProviderFault> {
        let document: Document =
            serde_json::from_slice(document).map_err(|_| ProviderFault::Document)?;
        // 4.3: to the letter.
        if document.issuer != issuer.as_str() {
            return Err(ProviderFault::Issuer);
        }
        // An issuer that is reached over TLS leads nowhere in the clear.
        let address = |text: &str| {
            Address::read(text)
                .filter(|address| address.is_secure() || !issuer.is_secure())
                .ok_or(ProviderFault::Endpoint)
        };
        // Who says nothing of it may know it all the same; who says what is known and not this one, does not.
        let methods = document.code_challenge_methods_supported;
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err(ProviderFault::NoPkce);
        }
        let ways = document.token_endpoint_auth_methods_supported;
        Ok(Self {
            authorization: address(&document.authorization_endpoint)?,
            token: address(&document.token_endpoint)?,
            keys: address(&document.jwks_uri)?,
            // 3: what is usual where nothing is said.
            takes_basic: ways
                .is_none_or(|ways| ways.iter().any(|way| way == "client_secret_basic")),
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}
