//! Vectors that others published (`tests/public`) come out as they say, and as FORMAT.md says where it is stricter.

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};
use yizhang_ledger::{
    cosignature::{self, CosignerKey},
    hash::{Hash, TreeHasher, derive},
    note::{Note, NoteKey},
    tree,
};

fn read(file: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/public")
        .join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = text(value);
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

/// RFC 6962 as Certificate Transparency hashes.
struct Rfc6962;

impl TreeHasher for Rfc6962 {
    fn leaf(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest([&[0], bytes].concat()).into())
    }
    fn branch(left: &Hash, right: &Hash) -> Hash {
        Hash(Sha256::digest([&[1], &left.0[..], &right.0].concat()).into())
    }
    fn empty() -> Hash {
        Hash(Sha256::digest([]).into())
    }
}

/// A hash of 32 bytes; cases with other lengths cannot be written down with our types.
fn hash(value: &Value) -> Option<Hash> {
    let bytes = Base64::decode_vec(text(value)).unwrap();
    bytes.try_into().ok().map(Hash)
}

fn merkle_case_holds(case: &Value) -> Option<bool> {
    let proof: Option<Vec<Hash>> = list(&case["proof"]).iter().map(hash).collect();
    let proof = proof?;
    if case.get("leafIdx").is_some() {
        let index = case["leafIdx"].as_u64()?;
        let size = case["treeSize"].as_u64()?;
        let (leaf, root) = (hash(&case["leafHash"])?, hash(&case["root"])?);
        let found = tree::verify_inclusion_by::<Rfc6962>(&leaf, index, size, &proof, &root);
        return Some(found.is_ok());
    }
    let (old, new) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
    let (old_root, new_root) = (hash(&case["root1"])?, hash(&case["root2"])?);
    let found = tree::verify_consistency::<Rfc6962>(old, new, &old_root, &new_root, &proof);
    Some(found.is_ok())
}

#[test]
fn proofs_of_rfc_6962_come_out_as_published() {
    let cases = read("merkle.json");
    assert_eq!(list(&cases).len(), 196);
    let mut tried = 0;
    for case in list(&cases) {
        let is_wanted = !case["wantErr"].as_bool().unwrap();
        if let Some(holds) = merkle_case_holds(case) {
            assert_eq!(holds, is_wanted, "{}", case["file"]);
            tried += 1;
        }
    }
    // The others have hashes that are not 32 bytes long.
    assert_eq!(tried, 143);
}

#[test]
fn blake3_derives_as_published() {
    let file = read("blake3.json");
    assert!(list(&file["cases"]).len() >= 35);
    for case in list(&file["cases"]) {
        let length = usize::try_from(case["input_len"].as_u64().unwrap()).unwrap();
        let input: Vec<u8> = (0..251).cycle().take(length).collect();
        // In one part and in two: parts are hashed as one text.
        let (first, second) = input.split_at(length / 3);
        for parts in [&[&input[..]][..], &[first, second]] {
            let found = derive(text(&file["context_string"]), parts).to_string();
            assert!(
                text(&case["derive_key"]).starts_with(&found),
                "{length} bytes"
            );
        }
    }
}

/// Whether a signature counts: the key is one to us, and the strict rules of FORMAT.md section 9 hold.
fn counts(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (<[u8; 32]>::try_from(key), <[u8; 64]>::try_from(signature))
    else {
        return false;
    };
    if NoteKey::new("public", key).is_none() {
        return false;
    }
    let key = VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(message, &Signature::from_bytes(&signature))
        .is_ok()
}

#[test]
fn wycheproof_signatures_come_out_as_published() {
    let mut tried = 0;
    for group in list(&read("wycheproof-ed25519.json")["testGroups"]) {
        let key = hex(&group["publicKey"]["pk"]);
        for case in list(&group["tests"]) {
            let found = counts(&key, &hex(&case["msg"]), &hex(&case["sig"]));
            assert_eq!(found, case["result"] == "valid", "number {}", case["tcId"]);
            tried += 1;
        }
    }
    assert_eq!(tried, 151);
}

/// Flags of signatures that are no signatures to us.
const REFUSED: [&str; 4] = [
    "low_order_A",
    "low_order_R",
    "low_order_residue",
    "reencoded_k",
];

#[test]
fn points_of_small_order_are_refused_as_the_format_says() {
    let cases = read("cctv-ed25519.json");
    let mut outcomes = BTreeSet::new();
    for case in list(&cases) {
        let is_flagged = list(&case["flags"])
            .iter()
            .any(|flag| REFUSED.contains(&text(flag)));
        let message = text(&case["msg"]).as_bytes();
        let found = counts(&hex(&case["key"]), message, &hex(&case["sig"]));
        assert_eq!(found, !is_flagged, "number {}", case["number"]);
        outcomes.insert(found);
    }
    assert_eq!(outcomes.len(), 2, "some count and some do not");
}

#[test]
fn of_the_cases_where_libraries_differ_only_the_mixed_key_counts() {
    let cases = read("speccheck-ed25519.json");
    let counting: Vec<usize> = (0..list(&cases).len())
        .filter(|number| {
            let case = &cases[number];
            let message = hex(&case["message"]);
            counts(&hex(&case["pub_key"]), &message, &hex(&case["signature"]))
        })
        .collect();
    assert_eq!(list(&cases).len(), 12);
    assert_eq!(counting, [3]);
}

/// A key as C2SP writes it, `<name>+<key id>+<base64 of type byte and key>`.
enum PublishedKey {
    Note(NoteKey),
    Cosigner(CosignerKey),
}

impl PublishedKey {
    /// `None` if it is none to us. Yizhang has no such texts of its own; here they are read as strictly as all else.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, id) = (parts.next()?, parts.next()?);
        let bytes = Base64::decode_vec(parts.next()?).ok()?;
        let (algorithm, key) = bytes.split_first()?;
        let key = key.try_into().ok()?;
        let (found, key_id) = match algorithm {
            1 => {
                let key = NoteKey::new(name, key)?;
                let id = key.id();
                (Self::Note(key), id)
            }
            4 => {
                let key = CosignerKey::new(name, key)?;
                let id = key.id();
                (Self::Cosigner(key), id)
            }
            _ => return None,
        };
        (format!("{key_id:08x}") == id).then_some(found)
    }
}

/// Whether we take a published note for signed by its key.
fn is_signed(bytes: &[u8], key: &str) -> bool {
    let Some(PublishedKey::Note(key)) = PublishedKey::read(key) else {
        return false;
    };
    Note::parse(bytes).is_ok_and(|note| note.is_signed_by(&key) == Ok(true))
}

/// Notes and keys of C2SP where we decide otherwise than the reference code in Go, in the order of their names.
fn deviations() -> Vec<String> {
    let mut deviations = Vec::new();
    for case in list(&read("c2sp-notes.json")) {
        let (input, expect) = (&case["input"], &case["expect"]);
        let file = text(&case["file"]);
        let is_accepted = match file.split_once('/').unwrap().0 {
            "keys" => PublishedKey::read(text(&input["vkey"])).is_some(),
            "notes" => {
                let field = |name: &str| input.get(name).unwrap_or(&expect[name]);
                let bytes = Base64::decode_vec(text(field("note_b64"))).unwrap();
                is_signed(&bytes, text(field("vkey")))
            }
            _ => continue,
        };
        if is_accepted != (expect["go"] == "accept") {
            deviations.push(file.trim_end_matches(".txt").to_string());
        }
    }
    deviations
}

#[test]
fn notes_and_keys_of_c2sp_come_out_as_its_reference_code_says_but_for_those_in_the_format() {
    assert_eq!(list(&read("c2sp-notes.json")).len(), 39);
    let format = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/FORMAT.md");
    let format = fs::read_to_string(format).unwrap();
    let listed: Vec<&str> = format
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `keys/")
                .or(line.strip_prefix("| `notes/"))
        })
        .map(|line| line.split_once('`').unwrap().0)
        .collect();
    let found = deviations();
    let found: Vec<&str> = found
        .iter()
        .map(|file| file.split_once('/').unwrap().1)
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn cosignatures_of_the_stock_witness_verify_and_are_added_as_published() {
    let cases = read("c2sp-notes.json");
    let mut tried = 0;
    for case in list(&cases) {
        let (input, expect) = (&case["input"], &case["expect"]);
        if !text(&case["file"]).starts_with("witness/") {
            continue;
        }
        let Some(PublishedKey::Cosigner(witness)) = PublishedKey::read(text(&input["witness"]))
        else {
            panic!("{} is no key of a cosigner", case["file"]);
        };
        let bytes = Base64::decode_vec(text(&input["checkpoint_b64"])).unwrap();
        let note = Note::parse(&bytes).unwrap();
        let line = text(&expect["line"]);
        let time = witness.verify(note.text, line).unwrap();
        assert_eq!(time.get().to_string(), text(&expect["timestamp"]));
        let cosigned = cosignature::add(&note, &witness, line).unwrap();
        let published = Base64::decode_vec(text(&expect["cosigned_b64"])).unwrap();
        assert_eq!(cosigned.as_bytes(), published, "{}", case["file"]);
        let cosigned = Note::parse(&published).unwrap();
        let known = [witness];
        let found = cosignature::read(&cosigned, &known).unwrap();
        assert_eq!(found.len(), 1);
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[test]
fn a_second_implementation_agrees_with_the_vectors_of_others() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/second/public.py");
    let output = Command::new("python3")
        .arg("-B")
        .arg(script)
        .output()
        .expect("the second implementation needs python3 (3.10 or later) on the path");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}
