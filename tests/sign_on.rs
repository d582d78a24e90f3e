//! Workers open their own accounts by the word of the agency's identity provider, which the node itself checks. Real processes; the
//! provider's tokens are signed here.

use crate::support::{Federation, connect::connect, contributions};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::SigningKey;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tonic::{Status, transport::Channel};
use yizhang_holder::{Nonce, proof};
use yizhang_ledger::holder::HolderName;
use yizhang_wire::{
    code::RefusalCode,
    v1::{
        BindRequest, ChallengeReply, ChallengeRequest, Entrance, KeysRequest, LookupReply,
        LookupRequest, NewFileKey, SignOnRequest, account_client::AccountClient, bind_request,
        holders_client::HoldersClient,
    },
};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";
const ISSUER: &str = "https://login.gd.example";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// An identity provider, as far as a node sees one.
struct Provider(EcdsaKeyPair);

impl Provider {
    fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap())
    }

    fn keys(&self) -> String {
        let point = self.0.public_key().as_ref();
        let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "1", "x": x, "y": y }] }).to_string()
    }

    /// An ID token for a client that answers a challenge.
    fn token(&self, client: &str, nonce: &[u8]) -> String {
        let now = jiff::Timestamp::now().as_second();
        let header = json!({ "alg": "ES256", "kid": "1" });
        let claims = json!({
            "iss": ISSUER, "aud": client, "sub": "u-17", "nonce": encoded(nonce),
            "iat": now, "exp": now + 60, "number": WORKER,
        });
        let part = |value: &Value| encoded(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self
            .0
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", encoded(signature))
    }
}

/// A federation of one node that believes a provider, with a worker in its chain.
fn federation(provider: &Provider, may_bind: bool) -> Federation {
    let mut federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    let path = dir.join("node.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let table = format!(
        "\n[sign_on]\nissuer = \"{ISSUER}\"\nclient_id = \"portal\"\nclaim = \"number\"\nkeys = \"provider.jwks\"\nmay_bind = {may_bind}\n"
    );
    std::fs::write(&path, text + &table).unwrap();
    std::fs::write(dir.join("provider.jwks"), provider.keys()).unwrap();
    federation.start_all();
    let rows = contributions(WORKER, 440_300, 3, "w");
    let file = federation.file("w.csv", &rows);
    federation
        .import(GUANGDONG, &file, &["--durable", "local"])
        .expect(0);
    federation
}

async fn challenge(portal: &Channel, ticket: &[u8]) -> ChallengeReply {
    let request = ChallengeRequest {
        ticket: ticket.to_vec().into(),
    };
    let mut client = HoldersClient::new(portal.clone());
    client.challenge(request).await.unwrap().into_inner()
}

async fn sign_on(portal: &Channel, nonce: &[u8], token: &str) -> Result<Entrance, Status> {
    let request = SignOnRequest {
        nonce: nonce.to_vec().into(),
        id_token: token.to_string(),
    };
    let entered = HoldersClient::new(portal.clone()).sign_on(request).await?;
    Ok(entered.into_inner())
}

async fn read(portal: &Channel, ticket: &[u8]) -> Result<LookupReply, Status> {
    let request = LookupRequest {
        as_of: 20_261_031,
        ticket: ticket.to_vec().into(),
        ..LookupRequest::default()
    };
    let read = AccountClient::new(portal.clone()).lookup(request).await?;
    Ok(read.into_inner())
}

/// Binds a key with a ticket.
async fn bind(portal: &Channel, ticket: &[u8]) -> Result<(), Status> {
    let key = SigningKey::from_bytes(&[1; 32]);
    let challenge = challenge(portal, ticket).await;
    let name = HolderName::from_bytes(&challenge.name).unwrap();
    let nonce = Nonce(challenge.nonce.as_ref().try_into().unwrap());
    let request = BindRequest {
        ticket: ticket.to_vec().into(),
        nonce: challenge.nonce,
        name: challenge.name,
        key: Some(bind_request::Key::File(NewFileKey {
            public: key.verifying_key().to_bytes().to_vec().into(),
            signature: proof::sign_binding(&key, name, &nonce).to_vec().into(),
        })),
    };
    HoldersClient::new(portal.clone())
        .bind(request)
        .await
        .map(drop)
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, Status>, code: RefusalCode) {
    let Err(status) = answer else {
        panic!("it was answered");
    };
    assert_eq!(RefusalCode::of(&status), Some(code), "{status}");
}

#[test]
fn the_providers_word_opens_the_account_once_and_binds_a_key() {
    let provider = Provider::new();
    let federation = federation(&provider, true);
    block_on(async {
        let portal = connect(GUANGDONG, federation.node_dir(GUANGDONG).join("portal"));
        let nonce = challenge(&portal, &[]).await.nonce;
        let token = provider.token("portal", &nonce);
        let entered = sign_on(&portal, &nonce, &token).await.unwrap();
        assert!(entered.may_bind);
        let account = read(&portal, &entered.ticket).await.unwrap();
        assert_eq!(account.accounts, std::slice::from_ref(&entered.account));
        // A challenge has one answer.
        let again = sign_on(&portal, &nonce, &token).await;
        assert_refused(again, RefusalCode::NotOpened);
        bind(&portal, &entered.ticket).await.unwrap();
        assert_refused(bind(&portal, &entered.ticket).await, RefusalCode::NotOpened);
        let request = KeysRequest {
            ticket: entered.ticket.clone(),
        };
        let listed = HoldersClient::new(portal.clone()).keys(request).await;
        let listed = listed.unwrap().into_inner().keys;
        let bases: Vec<_> = listed.iter().map(|key| key.basis.as_str()).collect();
        assert_eq!(bases, ["sign-on"]);
    });
    federation.audit(GUANGDONG).expect(0);
}

#[test]
fn a_word_for_another_client_challenge_or_by_another_provider_opens_nothing() {
    let provider = Provider::new();
    let federation = federation(&provider, false);
    block_on(async {
        let portal = connect(GUANGDONG, federation.node_dir(GUANGDONG).join("portal"));
        let agency = connect(GUANGDONG, federation.agency(GUANGDONG));
        let nonce = challenge(&portal, &[]).await.nonce;
        let other_nonce = challenge(&portal, &[]).await.nonce;
        let right = provider.token("portal", &nonce);
        let wrong = [
            (&nonce, provider.token("another", &nonce)),
            (&nonce, provider.token("portal", &other_nonce)),
            (&other_nonce, right.clone()),
            (&nonce, Provider::new().token("portal", &nonce)),
            (&nonce, String::new()),
            (&nonce, "x".repeat(3_500)),
        ];
        for (nonce, token) in wrong {
            let refused = sign_on(&portal, nonce, &token).await;
            assert_refused(refused, RefusalCode::NotOpened);
        }
        // A challenge that this node has not given: signed over, and of no use.
        let made_up = [7; 32];
        let token = provider.token("portal", &made_up);
        assert_refused(
            sign_on(&portal, &made_up, &token).await,
            RefusalCode::NotOpened,
        );
        assert_refused(
            sign_on(&agency, &nonce, &right).await,
            RefusalCode::NotForRole,
        );
        // It reads, and binds no key where the operator has not said so: whoever has the portal sees every sign-on.
        let entered = sign_on(&portal, &nonce, &right).await.unwrap();
        assert!(!entered.may_bind);
        assert_refused(bind(&portal, &entered.ticket).await, RefusalCode::NotOpened);
    });
}
