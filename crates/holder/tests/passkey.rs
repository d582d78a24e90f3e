//! Passkeys as an authenticator and a browser make them, and everything about them that is not quite so.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use yizhang_holder::{
    Nonce,
    passkey::{Assertion, PasskeyFault, Registration, register, sha256, verify},
    proof::passkey_challenge,
};
use yizhang_ledger::{hash::Hash, value::Day};

const HOST: &str = "portal.gd.example";
const ORIGIN: &str = "https://portal.gd.example";
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const CREDENTIAL: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

fn challenge() -> Hash {
    passkey_challenge(Day::new(20_261_201).unwrap(), &Nonce([5; 32]))
}

fn party() -> Hash {
    sha256(&[HOST.as_bytes()])
}

/// An authenticator with one key.
struct Authenticator {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

/// What it writes, and the browser around it: as it should be, unless a test says otherwise.
struct Said {
    ceremony: &'static str,
    challenge: Hash,
    origin: &'static str,
    more: &'static str,
    party: Hash,
    flags: u8,
    credential: Vec<u8>,
    behind: Vec<u8>,
}

impl Said {
    fn at(ceremony: &'static str) -> Self {
        Self {
            ceremony,
            challenge: challenge(),
            origin: ORIGIN,
            more: "",
            party: party(),
            flags: PRESENT | VERIFIED,
            credential: vec![7; 20],
            behind: Vec::new(),
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let challenge = Base64UrlUnpadded::encode_string(&self.challenge.0);
        format!(
            "{{\"type\":\"{}\",\"challenge\":\"{challenge}\",\"origin\":\"{}\",\"crossOrigin\":false{}}}",
            self.ceremony, self.origin, self.more
        )
        .into_bytes()
    }

    fn header(&self) -> Vec<u8> {
        let mut data = self.party.0.to_vec();
        data.push(self.flags);
        data.extend([0, 0, 0, 0]);
        data
    }
}

impl Authenticator {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random)
                .unwrap();
        Self { key, random }
    }

    fn public(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    /// The authenticator data of a key that was made.
    fn made(&self, said: &Said) -> Vec<u8> {
        let mut data = said.header();
        data.extend([0xaa; 16]);
        let length = u16::try_from(said.credential.len()).unwrap();
        data.extend(length.to_be_bytes());
        data.extend(&said.credential);
        data.extend(cbor_key(self.public()));
        data.extend(&said.behind);
        data
    }

    fn register(&self, said: &Said) -> Result<(), PasskeyFault> {
        let (client_data, authenticator_data) = (said.client_data(), self.made(said));
        let registration = Registration {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
        };
        let passkey = register(registration, &challenge(), &party())?;
        assert_eq!(passkey.public.as_slice(), self.public());
        assert_eq!(passkey.credential, said.credential);
        Ok(())
    }

    fn answer(&self, said: &Said) -> Result<(), PasskeyFault> {
        self.answer_signed(said, |signed| signed)
    }

    /// Answers, with a signature over what `signed` makes of what should be signed.
    fn answer_signed(
        &self,
        said: &Said,
        signed: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> Result<(), PasskeyFault> {
        let client_data = said.client_data();
        let mut authenticator_data = said.header();
        authenticator_data.extend(&said.behind);
        let mut message = authenticator_data.clone();
        message.extend(sha256(&[&client_data]).0);
        let signature = self.key.sign(&self.random, &signed(message)).unwrap();
        let assertion = Assertion {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: signature.as_ref(),
        };
        verify(assertion, self.public(), &party(), &challenge())
    }
}

/// A key as CTAP2 writes it: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
fn cbor_key(public: &[u8]) -> Vec<u8> {
    let (x, y) = public[1..].split_at(32);
    let mut key = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
    key.extend(x);
    key.extend([0x22, 0x58, 32]);
    key.extend(y);
    key
}

fn creation() -> Said {
    Said {
        flags: PRESENT | VERIFIED | CREDENTIAL,
        ..Said::at("webauthn.create")
    }
}

fn assertion() -> Said {
    Said::at("webauthn.get")
}

#[test]
fn a_passkey_is_bound_and_answers() {
    let authenticator = Authenticator::new();
    assert_eq!(authenticator.register(&creation()), Ok(()));
    assert_eq!(authenticator.answer(&assertion()), Ok(()));
    // Of a domain below, kept in several devices, with extensions behind it, and with members that we do not know.
    let synced = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP;
    let made = Said {
        origin: "https://m.portal.gd.example:8443",
        more: ",\"other_keys\":\"may come\"",
        flags: synced | CREDENTIAL | EXTENSIONS,
        behind: vec![0xa0],
        ..creation()
    };
    assert_eq!(authenticator.register(&made), Ok(()));
    let answered = Said {
        flags: synced | EXTENSIONS,
        behind: vec![0xa0],
        ..assertion()
    };
    assert_eq!(authenticator.answer(&answered), Ok(()));
}

#[test]
fn the_longest_credential_id_is_taken_and_one_byte_more_is_not() {
    let authenticator = Authenticator::new();
    let of = |length| Said {
        credential: vec![7; length],
        ..creation()
    };
    for length in [1, 255] {
        assert_eq!(authenticator.register(&of(length)), Ok(()), "{length}");
    }
    for length in [0, 256] {
        let refused = Err(PasskeyFault::AuthenticatorData);
        assert_eq!(authenticator.register(&of(length)), refused, "{length}");
    }
}

/// What is wrong with both ceremonies alike.
fn wrongs(right: fn() -> Said) -> Vec<(Said, PasskeyFault)> {
    let flags = right().flags;
    vec![
        (
            Said {
                challenge: Hash([9; 32]),
                ..right()
            },
            PasskeyFault::Challenge,
        ),
        (
            Said {
                origin: "https://portal.gd.example.evil.example",
                ..right()
            },
            PasskeyFault::Origin,
        ),
        (
            Said {
                origin: "http://portal.gd.example",
                ..right()
            },
            PasskeyFault::Origin,
        ),
        (
            Said {
                more: ",\"topOrigin\":\"https://evil.example\"",
                ..right()
            },
            PasskeyFault::Origin,
        ),
        (
            Said {
                more: ",\"crossOrigin\":true",
                ..right()
            },
            PasskeyFault::ClientData,
        ),
        (
            Said {
                party: sha256(&[b"evil.example"]),
                ..right()
            },
            PasskeyFault::RelyingParty,
        ),
        (
            Said {
                flags: flags & !VERIFIED,
                ..right()
            },
            PasskeyFault::Unverified,
        ),
        (
            Said {
                flags: flags & !PRESENT,
                ..right()
            },
            PasskeyFault::Unverified,
        ),
        (
            Said {
                flags: flags | BACKED_UP,
                ..right()
            },
            PasskeyFault::AuthenticatorData,
        ),
        (
            Said {
                behind: vec![0xa0],
                ..right()
            },
            PasskeyFault::AuthenticatorData,
        ),
    ]
}

#[test]
fn what_is_not_quite_so_is_refused_for_what_is_wrong() {
    let authenticator = Authenticator::new();
    for (said, fault) in wrongs(creation) {
        assert_eq!(authenticator.register(&said), Err(fault), "{}", said.origin);
    }
    for (said, fault) in wrongs(assertion) {
        assert_eq!(authenticator.answer(&said), Err(fault), "{}", said.origin);
    }
    let swapped = Said {
        ceremony: "webauthn.get",
        ..creation()
    };
    assert_eq!(
        authenticator.register(&swapped),
        Err(PasskeyFault::Ceremony)
    );
    let swapped = Said {
        ceremony: "webauthn.create",
        ..assertion()
    };
    assert_eq!(authenticator.answer(&swapped), Err(PasskeyFault::Ceremony));
    let without = Said {
        flags: PRESENT | VERIFIED,
        ..creation()
    };
    assert_eq!(
        authenticator.register(&without),
        Err(PasskeyFault::AuthenticatorData)
    );
}

#[test]
fn a_signature_is_by_the_key_over_all_that_was_said() {
    let (authenticator, other) = (Authenticator::new(), Authenticator::new());
    let said = assertion();
    let other_text = |mut message: Vec<u8>| {
        message[36] ^= 1;
        message
    };
    let refused = Err(PasskeyFault::Signature);
    assert_eq!(authenticator.answer_signed(&said, other_text), refused);
    let (client_data, data) = (said.client_data(), said.header());
    let mut message = data.clone();
    message.extend(sha256(&[&client_data]).0);
    let signature = other.key.sign(&other.random, &message).unwrap();
    let answer = |signature: &[u8]| {
        let assertion = Assertion {
            client_data: &client_data,
            authenticator_data: &data,
            signature,
        };
        verify(assertion, authenticator.public(), &party(), &challenge())
    };
    assert_eq!(answer(signature.as_ref()), refused);
    assert_eq!(answer(&[]), refused);
    assert_eq!(answer(&[0x30, 0]), refused);
}

#[test]
fn keys_of_other_algorithms_and_encodings_are_refused() {
    let authenticator = Authenticator::new();
    let said = creation();
    let right = authenticator.made(&said);
    let key_at = 37 + 16 + 2 + said.credential.len();
    let client_data = said.client_data();
    // kty, alg, crv, the length of x and of y: each another.
    for at in [0, 2, 4, 6, 9, 42, 43, 44] {
        let mut data = right.clone();
        data[key_at + at] ^= 1;
        let registration = Registration {
            client_data: &client_data,
            authenticator_data: &data,
        };
        let found = register(registration, &challenge(), &party());
        assert_eq!(found, Err(PasskeyFault::Algorithm), "{at}");
    }
    for length in 0..right.len() {
        let registration = Registration {
            client_data: &client_data,
            authenticator_data: &right[..length],
        };
        let found = register(registration, &challenge(), &party());
        assert!(found.is_err(), "{length}");
    }
}

#[test]
fn client_data_that_is_none_is_refused() {
    let authenticator = Authenticator::new();
    let data = authenticator.made(&creation());
    let long = format!("{{\"type\":\"{}\"}}", "x".repeat(3_000));
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "{\"type\":\"webauthn.create\"}",
        "\u{ff}",
        &long,
    ] {
        let registration = Registration {
            client_data: text.as_bytes(),
            authenticator_data: &data,
        };
        let found = register(registration, &challenge(), &party());
        assert_eq!(found, Err(PasskeyFault::ClientData), "{text:.20}");
    }
}
