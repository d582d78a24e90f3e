//! Keys and secrets under a passphrase: PKCS #8 (RFC 5958) with PBES2, scrypt and AES-256-CBC, as `openssl pkcs8` reads and writes it.
//! The federation's secrets, which are no private key, lie in such a file as an ASN.1 octet string.

use crate::{exit::Failure, files, secrets};
use anyhow::Context;
use pkcs8::{
    EncryptedPrivateKeyInfoOwned,
    der::{
        Decode, Encode, SecretDocument,
        asn1::OctetString,
        pem::{LineEnding, PemLabel},
    },
    pkcs5::{pbes2, scrypt},
};
use rust_i18n::t;
use std::{
    env,
    fmt::Write as _,
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::OnceLock,
};
use yizhang_ledger::hash::from_hex;
use zeroize::Zeroizing;

/// Bytes of a secret. No text of several is so short.
const SECRET_BYTES: usize = 32;
/// First line of a sealed file.
const SEALED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
/// Label of a key that is not sealed.
const KEY_LABEL: &str = "PRIVATE KEY";
/// Names the file that holds the passphrase.
const PASSPHRASE_FILE: &str = "YIZHANG_PASSPHRASE_FILE";
/// Names the directory in which systemd puts credentials (`LoadCredential=`, `LoadCredentialEncrypted=`).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// The credential that holds the passphrase.
const CREDENTIAL: &str = "yizhang-passphrase";
/// Cost of scrypt: 16 MiB (2^14 blocks of 8 × 128 bytes), five times over. `openssl pkcs8` opens nothing that takes more than
/// 32 MiB; of what takes 16, OWASP's cheat sheet on storing passwords asks for five passes.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 5;
/// Bytes of the salt, as RFC 8018 asks for at least half of.
const SALT_BYTES: usize = 16;
/// Bytes of an AES block.
const IV_BYTES: usize = 16;

/// Whether a file is under a passphrase.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.trim_start().starts_with(SEALED)
}

/// The text of a key file, which may be under a passphrase, as a PEM that is not.
///
/// # Errors
/// [`Failure::Denied`] without the passphrase, or with another one.
pub(crate) fn read_key(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = files::read_secret_text(path)?;
    if !is_sealed(&text) {
        return Ok(text);
    }
    let content = open(path, &text)?;
    let key = SecretDocument::try_from(content.as_slice()).map_err(|_| other_passphrase(path))?;
    key.to_pem(KEY_LABEL, LineEnding::LF)
        .context("a document that was read can be written")
}

/// The text of the file of the federation's secrets, which may be under a passphrase: then it is the text that lies in the octet string, or
/// the 32 bytes of a single secret.
///
/// # Errors
/// As [`read_key`].
pub(crate) fn read_secret(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = files::read_secret_text(path)?;
    if !is_sealed(&text) {
        return Ok(text);
    }
    let content = open(path, &text)?;
    let bytes = OctetString::from_der(&content).map_err(|_| other_passphrase(path))?;
    if bytes.as_bytes().len() == SECRET_BYTES {
        return Ok(hex(bytes.as_bytes()));
    }
    let text = str::from_utf8(bytes.as_bytes()).map_err(|_| other_passphrase(path))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Puts a key file under a passphrase.
pub(crate) fn seal_key(path: &Path) -> anyhow::Result<()> {
    let text = files::read_secret_text(path)?;
    let (_, key) = SecretDocument::from_pem(&text)
        .ok()
        .with_context(|| t!("node.bad_key", path = path.display()))?;
    write_sealed(path, key.as_bytes())
}

/// Puts the file of the federation's secrets under a passphrase.
pub(crate) fn seal_secret(path: &Path) -> anyhow::Result<()> {
    let text = files::read_secret_text(path)?;
    write_secret(path, &text)
}

/// Puts this text of secrets under a passphrase, in the place of a file.
pub(crate) fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let secrets = secrets::parse(text);
    let secrets = secrets.with_context(|| t!("credentials.secret", path = path.display()))?;
    let content = if secrets.count() == 1 {
        let secret: Option<[u8; SECRET_BYTES]> = from_hex(text.trim_end());
        secret.expect("the text of one secret was read").to_vec()
    } else {
        text.as_bytes().to_vec()
    };
    let bytes = OctetString::new(content).context("some hundred bytes fit into a string")?;
    let content = Zeroizing::new(bytes.to_der().context("a string can be written")?);
    write_sealed(path, &content)
}

fn write_sealed(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let (mut salt, mut iv) = ([0; SALT_BYTES], [0; IV_BYTES]);
    getrandom::fill(&mut salt).context("the system gives no random bytes")?;
    getrandom::fill(&mut iv).context("the system gives no random bytes")?;
    let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P)
        .ok()
        .context("the cost of scrypt is one that it has")?;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv)
        .ok()
        .context("the parameters of scrypt are its own")?;
    let encrypted = parameters
        .encrypt(passphrase(Use::Seal)?.as_bytes(), content)
        .ok()
        .context("a small document can be encrypted")?;
    let sealed = EncryptedPrivateKeyInfoOwned {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetString::new(encrypted).context("a small document fits")?,
    };
    let document = SecretDocument::try_from(sealed).context("a small document can be written")?;
    let label = EncryptedPrivateKeyInfoOwned::PEM_LABEL;
    let pem = document.to_pem(label, LineEnding::LF)?;
    // The key that is replaced is gone: what takes its place has to be it.
    let again = open(path, &pem)?;
    anyhow::ensure!(
        again.as_slice() == content,
        "{}",
        t!("sealed.malformed", path = path.display())
    );
    files::replace(path, pem.as_bytes())
}

/// What is sealed: a private key, or an octet string with the federation secret. A type for private keys alone would refuse the
/// latter.
fn open(path: &Path, text: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let malformed = || t!("sealed.malformed", path = path.display());
    let (_, document) = SecretDocument::from_pem(text)
        .ok()
        .with_context(malformed)?;
    let sealed = EncryptedPrivateKeyInfoOwned::try_from(document.as_bytes())
        .ok()
        .with_context(malformed)?;
    let passphrase = passphrase(Use::Open)?.as_bytes();
    let data = sealed.encrypted_data.as_bytes();
    let opened = sealed.encryption_algorithm.decrypt(passphrase, data);
    opened
        .map(Zeroizing::new)
        .map_err(|_| other_passphrase(path))
}

/// Another passphrase makes nonsense of what is sealed: its end mostly says so, else its form.
fn other_passphrase(path: &Path) -> anyhow::Error {
    let text = t!("sealed.other_passphrase", path = path.display());
    Failure::Denied(text.to_string()).into()
}

/// What a passphrase is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// To open what is sealed: a wrong one is found out.
    Open,
    /// To seal: a slip of the finger would lock the keys up for ever.
    Seal,
}

/// The passphrase, asked for once in a process: from the service manager, from a file, or from whoever sits at the terminal.
fn passphrase(wanted: Use) -> anyhow::Result<&'static str> {
    static PASSPHRASE: OnceLock<Zeroizing<String>> = OnceLock::new();
    if let Some(known) = PASSPHRASE.get() {
        return Ok(known);
    }
    let found = find_passphrase(wanted)?;
    Ok(PASSPHRASE.get_or_init(|| found))
}

fn find_passphrase(wanted: Use) -> anyhow::Result<Zeroizing<String>> {
    let of_manager = env::var_os(CREDENTIALS_DIRECTORY).map(PathBuf::from);
    let of_manager = of_manager.map(|directory| directory.join(CREDENTIAL));
    if let Some(path) = of_manager.filter(|path| path.exists()) {
        // The directory guards it: systemd lets the user of the service in by an access list, which shows as bits of the group.
        let text = files::read_text(&path).map(Zeroizing::new)?;
        return first_line(&path, &text);
    }
    if let Some(path) = env::var_os(PASSPHRASE_FILE).map(PathBuf::from) {
        let text = files::read_secret_text(&path)?;
        return first_line(&path, &text);
    }
    if std::io::stdin().is_terminal() {
        return ask(wanted);
    }
    let text = t!(
        "sealed.no_passphrase",
        variable = PASSPHRASE_FILE,
        credential = CREDENTIAL
    );
    Err(Failure::Denied(text.to_string()).into())
}

/// Asks at the terminal: twice where nothing would find a wrong one out.
fn ask(wanted: Use) -> anyhow::Result<Zeroizing<String>> {
    let typed = Zeroizing::new(rpassword::prompt_password(t!("sealed.prompt"))?);
    if wanted == Use::Seal {
        let again = Zeroizing::new(rpassword::prompt_password(t!("sealed.prompt_again"))?);
        let text = t!("sealed.not_the_same");
        anyhow::ensure!(typed == again, Failure::Denied(text.to_string()));
    }
    Ok(typed)
}

/// The passphrase that a file holds.
fn first_line(path: &Path, text: &str) -> anyhow::Result<Zeroizing<String>> {
    let line = text.lines().next().unwrap_or("");
    anyhow::ensure!(
        !line.is_empty(),
        "{}",
        t!("sealed.empty_passphrase", path = path.display())
    );
    Ok(Zeroizing::new(line.to_owned()))
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    // Room for all of it at once: a string that grows leaves pieces behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes whatever is written");
    }
    text
}
