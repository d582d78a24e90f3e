//! The identity provider of the agency (OpenID Connect Core 1.0, the authorisation code flow with PKCE): where browsers are sent to sign
//! on, and what it gives for the code that they come back with.
//!
//! Not here: whether an ID token is good. The node has the provider's keys and checks it; in the portal it passes through unread.

mod address;
mod caller;
mod described;
mod fault;

pub use address::Address;
pub use fault::ProviderFault;

use axum::http::StatusCode;
use base64ct::{Base64, Encoding};
use caller::Caller;
use described::Described;
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use yizhang_show::language::Language;

/// How long what the provider says of itself is kept.
const DESCRIBED_KEPT: Duration = Duration::from_secs(60 * 60);
/// For how long nobody asks again after it was not to be had: whoever presses the button meanwhile is told at once.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// Longest ID token that is passed on: nodes read no longer one.
const TOKEN_BYTES_MAX: usize = 3_072;
/// Longest code that is taken to the provider; usual are 30 to 1,000 bytes.
const CODE_BYTES_MAX: usize = 2_048;
/// Where a provider describes itself, behind its issuer (OpenID Connect Discovery 1.0, 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// What a portal is told of the provider.
pub struct SignOn {
    /// The issuer, to the letter as ID tokens name it.
    pub issuer: Address,
    /// What the provider calls the portal.
    pub client: String,
    /// What the portal shows the provider for being it; none of a public client, for which PKCE alone stands.
    pub secret: Option<Secret>,
    /// What is asked for, by words; `openid` is among them.
    pub scope: String,
    /// The claim with the social-security number, which the ID token is asked to have.
    pub claim: Option<String>,
    /// The authorities, PEM, of which one has signed the provider's certificate.
    pub authorities_pem: Vec<u8>,
    /// What stands on the button.
    pub label: Label,
}

/// A text in both languages.
pub struct Label {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Label {
    pub(crate) fn text(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// The secret of a client.
pub struct Secret(String);

impl Secret {
    /// From its text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// The provider, as a portal asks it.
pub(crate) struct Provider {
    told: SignOn,
    caller: Caller,
    known: Mutex<Known>,
}

/// What is known of what the provider says of itself.
enum Known {
    Nothing,
    Failed { at: Instant },
    Described { at: Instant, by: Arc<Described> },
}

/// With what a browser is sent away.
pub(crate) struct Departure<'d> {
    /// What has to come back.
    pub(crate) state: &'d str,
    /// The challenge of the node, as text: the ID token has to answer it.
    pub(crate) nonce: &'d str,
    /// The hash of what the code can be redeemed with (RFC 7636, 4.2).
    pub(crate) code_challenge: &'d str,
    /// Where the browser comes back.
    pub(crate) back: &'d str,
    pub(crate) language: Language,
}

/// With what a code is redeemed.
pub(crate) struct Redemption<'r> {
    pub(crate) code: &'r str,
    pub(crate) verifier: &'r str,
    /// Where the browser came back: the same as it was sent away with.
    pub(crate) back: &'r str,
}

/// What a provider gives for a code, as far as it matters: whatever else it is, it is dropped unread.
#[derive(Deserialize)]
struct Granted {
    id_token: String,
}

/// Why it gives nothing (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Denied {
    error: String,
}

impl Provider {
    /// As it is told of; nobody is asked yet.
    pub(crate) fn new(told: SignOn) -> Result<Self, ProviderFault> {
        let caller = Caller::new(&told.issuer, &told.authorities_pem)?;
        Ok(Self {
            told,
            caller,
            known: Mutex::new(Known::Nothing),
        })
    }

    pub(crate) const fn label(&self) -> &Label {
        &self.told.label
    }

    /// Whether an answer names this provider, and says who it is by where the provider has promised to (RFC 9207).
    pub(crate) async fn is_by(&self, issuer: Option<&str>) -> Result<bool, ProviderFault> {
        Ok(match issuer {
            Some(named) => named == self.told.issuer.as_str(),
            None => !self.described().await?.names_itself,
        })
    }

    /// Whether it has described itself not long ago, or does so now.
    pub(crate) async fn is_there(&self) -> Result<(), ProviderFault> {
        self.described().await.map(drop)
    }

    /// Where a browser signs on (Core 3.1.2.1).
    pub(crate) async fn way(&self, departure: &Departure<'_>) -> Result<String, ProviderFault> {
        let described = self.described().await?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.told.client)
            .append_pair("redirect_uri", departure.back)
            .append_pair("scope", &self.told.scope)
            .append_pair("state", departure.state)
            .append_pair("nonce", departure.nonce)
            .append_pair("code_challenge", departure.code_challenge)
            .append_pair("code_challenge_method", "S256")
            // On a phone that several share nobody comes in by the sign-on of the one before.
            .append_pair("prompt", "login")
            .append_pair("ui_locales", locale(departure.language));
        if let Some(claim) = &self.told.claim {
            let essential = serde_json::json!({ "essential": true });
            let claims = serde_json::json!({ "id_token": { claim.as_str(): essential } });
            query.append_pair("claims", &claims.to_string());
        }
        let address = described.authorization.as_str();
        let separator = if address.contains('?') { '&' } else { '?' };
        Ok(format!("{address}{separator}{}", query.finish()))
    }

    /// The ID token for a code (Core 3.1.3).
    pub(crate) async fn redeem(&self, given: &Redemption<'_>) -> Result<String, ProviderFault> {
        if given.code.len() > CODE_BYTES_MAX {
            return Err(ProviderFault::Code);
        }
        let described = self.described().await?;
        let (form, authorization) = self.form(given, &described);
        let answer = self
            .caller
            .post(&described.token, form, authorization)
            .await?;
        if answer.status != StatusCode::OK {
            return Err(denied(answer.status, &answer.body));
        }
        let granted: Granted =
            serde_json::from_slice(&answer.body).map_err(|_| ProviderFault::NoToken)?;
        if granted.id_token.len() > TOKEN_BYTES_MAX {
            return Err(ProviderFault::LongToken {
                limit: TOKEN_BYTES_MAX,
                found: granted.id_token.len(),
            });
        }
        Ok(granted.id_token)
    }

    /// What a code is redeemed with, as a form, and what the client shows in the head of the request.
    fn form(&self, given: &Redemption<'_>, described: &Described) -> (String, Option<String>) {
        let mut authorization = None;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", given.code)
            .append_pair("redirect_uri", given.back)
            .append_pair("code_verifier", given.verifier);
        match &self.told.secret {
            None => {
                form.append_pair("client_id", &self.told.client);
            }
            Some(secret) if described.takes_basic => {
                authorization = Some(basic(&self.told.client, secret));
            }
            Some(secret) => {
                form.append_pair("client_id", &self.told.client)
                    .append_pair("client_secret", &secret.0);
            }
        }
        (form.finish(), authorization)
    }

    /// The provider's keys as they stand now, a JWK set: for the operator, who lays them down at the node.
    pub(crate) async fn keys(&self) -> Result<Vec<u8>, ProviderFault> {
        let described = self.described().await?;
        self.read(&described.keys).await
    }

    /// What the provider says of itself. Whoever asks while it is asked waits for the same answer.
    async fn described(&self) -> Result<Arc<Described>, ProviderFault> {
        let mut known = self.known.lock().await;
        match &*known {
            Known::Described { at, by } if at.elapsed() < DESCRIBED_KEPT => {
                return Ok(Arc::clone(by));
            }
            Known::Failed { at } if at.elapsed() < RETRY_AFTER => {
                return Err(ProviderFault::JustFailed);
            }
            _ => {}
        }
        let asked = self.ask().await;
        let at = Instant::now();
        *known = match &asked {
            Ok(by) => Known::Described {
                at,
                by: Arc::clone(by),
            },
            Err(_) => Known::Failed { at },
        };
        asked
    }

    async fn ask(&self) -> Result<Arc<Described>, ProviderFault> {
        let issuer = &self.told.issuer;
        let address = format!("{}{WELL_KNOWN}", issuer.as_str().trim_end_matches('/'));
        let address = Address::read(&address).ok_or(ProviderFault::Issuer)?;
        let document = self.read(&address).await?;
        Ok(Arc::new(Described::read(&document, issuer)?))
    }

    async fn read(&self, address: &Address) -> Result<Vec<u8>, ProviderFault> {
        let answer = self.caller.get(address).await?;
        if answer.status != StatusCode::OK {
            return Err(ProviderFault::Status(answer.status.as_u16()));
        }
        Ok(answer.body)
    }
}

/// Fetches a provider's keys, a JWK set, by what it says of itself.
///
/// # Errors
/// [`ProviderFault`].
pub async fn provider_keys(told: SignOn) -> Result<Vec<u8>, ProviderFault> {
    Provider::new(told)?.keys().await
}

/// A language as RFC 5646 has it.
const fn locale(language: Language) -> &'static str {
    match language {
        Language::Zh => "zh-CN",
        Language::En => "en",
    }
}

/// What a client shows that has a secret (RFC 6749, 2.3.1).
fn basic(client: &str, secret: &Secret) -> String {
    let encoded =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encoded(client), encoded(&secret.0));
    format!("Basic {}", Base64::encode_string(pair.as_bytes()))
}

/// Why a provider gives nothing for a code. Of its words only those of the standard are repeated.
fn denied(status: StatusCode, body: &[u8]) -> ProviderFault {
    let denied: Result<Denied, _> = serde_json::from_slice(body);
    match denied.as_ref().map(|denied| denied.error.as_str()) {
        Ok("invalid_grant") => ProviderFault::Code,
        Ok("invalid_client" | "unauthorized_client") => ProviderFault::Client,
        _ => ProviderFault::Status(status.as_u16()),
    }
}

#[cfg(test)]
mod tests;
