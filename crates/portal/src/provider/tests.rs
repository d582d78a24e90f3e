//! What a portal believes of a provider's description, and where it sends browsers.

use super::*;
use serde_json::{Value, json};

const ISSUER: &str = "https://login.gd.example";

fn told(issuer: &str, secret: Option<&str>) -> SignOn {
    SignOn {
        issuer: Address::read(issuer).unwrap(),
        client: "portal".to_string(),
        secret: secret.map(|text| Secret::new(text.to_string())),
        scope: "openid".to_string(),
        claim: Some("number".to_string()),
        authorities_pem: Vec::new(),
        label: Label {
            zh: "登录".to_string(),
            en: "Sign in".to_string(),
        },
    }
}

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.gd.example/auth?realm=a",
        "token_endpoint": "https://login.gd.example/token",
        "jwks_uri": "https://login.gd.example/keys",
        "code_challenge_methods_supported": ["S256"],
    })
}

fn read(document: &Value) -> Result<Described, ProviderFault> {
    Described::read(
        document.to_string().as_bytes(),
        &Address::read(ISSUER).unwrap(),
    )
}

#[test]
fn an_address_is_https_or_this_machine_s() {
    for good in [
        "https://login.gd.example",
        "https://login.gd.example:8443/realms/a",
        "http://localhost:8080",
        "http://127.0.0.1/a",
        "http://[::1]:9",
    ] {
        assert!(Address::read(good).is_some(), "{good}");
    }
    let long = format!("https://login.gd.example/{}", "a".repeat(512));
    for bad in [
        "http://login.gd.example",
        "http://localhost.gd.example",
        "http://127.0.0.1@login.gd.example",
        "https://me@login.gd.example",
        "https://login.gd.example/#a",
        "ftp://localhost",
        "login.gd.example",
        "/auth",
        "",
        &long,
    ] {
        assert!(Address::read(bad).is_none(), "{bad}");
    }
    let address = Address::read("http://[::1]:9/a?b").unwrap();
    assert_eq!((address.host(), address.port()), ("::1", 9));
    assert_eq!((address.authority(), address.path()), ("[::1]:9", "/a?b"));
    assert_eq!(Address::read(ISSUER).unwrap().port(), 443);
}

#[test]
fn a_description_is_of_the_issuer_to_the_letter_and_leads_nowhere_in_the_clear() {
    assert!(read(&document()).unwrap().takes_basic);
    let changed = |name: &str, value: Value| {
        let mut document = document();
        document[name] = value;
        read(&document)
    };
    let other = changed("issuer", json!("https://login.gd.example/"));
    assert!(matches!(other, Err(ProviderFault::Issuer)));
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let clear = changed(name, json!("http://localhost/a"));
        assert!(matches!(clear, Err(ProviderFault::Endpoint)), "{name}");
        let none = changed(name, Value::Null);
        assert!(matches!(none, Err(ProviderFault::Document)), "{name}");
    }
    let plain = changed("code_challenge_methods_supported", json!(["plain"]));
    assert!(matches!(plain, Err(ProviderFault::NoPkce)));
    assert!(changed("code_challenge_methods_supported", Value::Null).is_ok());
    let post = json!(["client_secret_post"]);
    let post = changed("token_endpoint_auth_methods_supported", post).unwrap();
    assert!(!post.takes_basic);
    let truth = changed(
        "authorization_response_iss_parameter_supported",
        json!(true),
    );
    assert!(truth.unwrap().names_itself);
}

#[test]
fn a_provider_over_tls_needs_an_authority_and_a_secret_is_never_shown() {
    let none = Provider::new(told(ISSUER, None));
    assert!(matches!(none, Err(ProviderFault::NoAuthority)));
    assert!(Provider::new(told("http://localhost:1", None)).is_ok());
    let secret = Secret::new("hush".to_string());
    assert!(!format!("{secret:?}").contains("hush"));
    // RFC 6749, 2.3.1: both are written as in forms first.
    assert_eq!(
        basic("a:b", &Secret::new("c d".to_string())),
        "Basic YSUzQWI6Yytk"
    );
}

#[tokio::test]
async fn a_browser_is_sent_with_all_that_has_to_come_back() {
    let provider = Provider::new(told("http://localhost:1", None)).unwrap();
    let by = Arc::new(read(&document()).unwrap());
    let at = Instant::now();
    *provider.known.lock().await = Known::Described { at, by };
    let departure = Departure {
        state: "st",
        nonce: "no",
        code_challenge: "ch",
        back: "https://portal.gd.example/sign-on/back",
        language: Language::Zh,
    };
    let way = provider.way(&departure).await.unwrap();
    let (address, query) = way.split_once("?realm=a&").unwrap();
    assert_eq!(address, "https://login.gd.example/auth");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "portal"),
        ("redirect_uri", "https://portal.gd.example/sign-on/back"),
        ("scope", "openid"),
        ("state", "st"),
        ("nonce", "no"),
        ("code_challenge", "ch"),
        ("code_challenge_method", "S256"),
        ("ui_locales", "zh-CN"),
        ("claims", r#"{"id_token":{"number":{"essential":true}}}"#),
    ] {
        let found = pairs.iter().filter(|(found, _)| found == name);
        let values: Vec<&str> = found.map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, [value], "{name}");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_asked_again_only_after_a_while() {
    // Nobody listens on port 1.
    let provider = Provider::new(told("http://127.0.0.1:1", None)).unwrap();
    let first = provider.keys().await;
    assert!(matches!(first, Err(ProviderFault::Unreached(_))));
    let again = provider.keys().await;
    assert!(matches!(again, Err(ProviderFault::JustFailed)));
}
