//! What a credential says, and what it keeps back.

use crate::support::{
    DAY, NOW, STATEMENT, checked, decoded, disclosure_of, issued, joined, key, one, parts, plain,
};
use serde_json::{Value, json};
use yizhang_credential::{Credential, CredentialFault, DAYS_MAX, Days, PublicKey, check};
use yizhang_statement::PersonShown;

#[test]
fn it_carries_the_figures_of_the_account_and_the_digest_of_the_statement() {
    let (text, key) = one();
    let claims = checked(&text, &key).unwrap();
    let account: Value = serde_json::from_slice(&STATEMENT.json).unwrap();
    let families = account["families"].as_array().unwrap();
    assert!(!families.is_empty());
    for family in families {
        let said = &claims[family["family"].as_str().unwrap()];
        for name in ["counted_months", "first", "last"] {
            assert_eq!(said[name], family[name], "{name} of {said}");
        }
        let places = said["by_place"].as_array().unwrap();
        for (said, place) in places.iter().zip(family["by_place"].as_array().unwrap()) {
            assert_eq!(said["place"], place["place"]);
            assert_eq!(said["months"], place["months"]);
        }
    }
    assert_eq!(
        claims["statement"],
        json!({
            "digest": STATEMENT.digest.to_string(),
            "issued": "2026-11-30",
            "as_of": "2026-11-30",
            "outcome": "open",
        })
    );
    assert_eq!(claims["iss"], "https://issuer.example");
    assert_eq!(
        claims["authentic_source"]["id"],
        "federation-1.yizhang/110000"
    );
    assert_eq!(claims["vct"], "urn:yizhang:entitlement:1");
}

#[test]
fn it_says_neither_number_nor_pseudonym() {
    let PersonShown::Revealed(number) = &STATEMENT.person else {
        panic!("the statement of this test reveals its number");
    };
    let (text, _) = one();
    let (signed, disclosures) = parts(&text);
    let mut said = decoded(signed.split('.').nth(1).unwrap()).to_string();
    for disclosure in disclosures {
        said.push_str(&decoded(disclosure).to_string());
    }
    assert!(said.contains("counted_months"));
    assert!(!said.contains(number.reveal()));
    assert!(!said.contains("a5a5a5a5"), "the pseudonym of the statement");
}

#[test]
fn each_figure_can_be_kept_back_alone() {
    let (text, key) = one();
    let (signed, mut disclosures) = parts(&text);
    disclosures.remove(disclosure_of(&disclosures, "by_place"));
    let claims = checked(&joined(signed, &disclosures), &key).unwrap();
    let without = |family: &Value| family.get("by_place").is_none();
    assert!(without(&claims["hrss:110"]) || without(&claims["nhsa:310"]));
    assert!(claims["hrss:110"]["counted_months"].is_number());
    let claims = checked(&joined(signed, &[]), &key).unwrap();
    assert!(claims.get("hrss:110").is_none());
    assert!(claims["statement"]["digest"].is_string());
}

#[test]
fn it_is_good_until_the_second_in_which_it_expires() {
    let key = key();
    for days in [1, DAYS_MAX] {
        let mut credential = plain();
        credential.days = Days::new(days).unwrap();
        let text = issued(&credential, &key, NOW);
        let end = NOW.0 + u64::from(days) * DAY;
        let at = |millis| {
            check(
                &text,
                key.public(),
                yizhang_ledger::value::UnixMillis(millis),
            )
        };
        assert!(at(end - 1).is_ok());
        // Two clocks may be apart by minutes, not by more.
        assert!(at(NOW.0 - 300_000).is_ok());
        let begins = CredentialFault::NotYet { at: NOW.0 / 1_000 };
        assert_eq!(at(NOW.0 - 301_000), Err(begins));
        let at_end = CredentialFault::Expired { at: end / 1_000 };
        assert_eq!(at(end), Err(at_end));
    }
    assert_eq!([0, DAYS_MAX + 1].map(Days::new), [None, None]);
}

#[test]
fn it_can_be_bound_to_the_key_of_a_wallet_and_named_by_its_own() {
    let (key, holder) = (key(), key().public().clone());
    let credential = Credential {
        issuer: None,
        holder: Some(&holder),
        ..plain()
    };
    let text = issued(&credential, &key, NOW);
    let claims = checked(&text, key.public()).unwrap();
    assert_eq!(claims["cnf"]["jwk"], holder.to_jwk());
    assert_eq!(claims["iss"], key.public().uri());
}

/// RFC 7517, appendix A.1; its thumbprint by another program (jwcrypto).
#[test]
fn a_key_is_named_by_its_thumbprint() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "kid": "1", "use": "enc",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    let key = PublicKey::from_jwk(&jwk.to_string()).unwrap();
    assert_eq!(
        key.thumbprint(),
        "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
    );
}
