//! The sheet of paper, printed in a real browser, and its code read back by somebody else's program.

#[allow(dead_code, reason = "this test takes what it needs of it")]
#[path = "../../statement/tests/support/federation.rs"]
mod federation;

use base64ct::{Base64, Encoding};
use federation::{Asked, Federation, opening, written};
use rqrr::PreparedImage;
use serde_json::json;
use std::{fs, path::Path};
use tempfile::TempDir;
use yizhang_chromium::{Browser, DESK, browser, keep};
// The federation takes it.
use yizhang_entitlement as _;
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    person::AccountId,
    record::{
        AccountType, Birth, BirthEvidence, Contribution, Payer, PayerKind, Period, Record,
        ShareRates, Shares, Source, Subsidies,
    },
    value::{Code, Day, Division, Fen, Month, Namespace, Rate, Scheme},
};
use yizhang_rules::RuleTexts;
use yizhang_show::{
    language::{Language, set},
    paper,
};
use yizhang_statement::{PAPER_CHARACTERS_MAX, PaperCode, PersonShown, Statement, Verdict};

const WORKER: AccountId = AccountId([0xA5; 16]);
const ADDRESS: &str = "https://accounts.example.test/paper";
/// What an ordinary life has on paper.
const SHEETS_MAX: usize = 2;

/// Thirty years of five schemes, in three provinces.
fn life() -> Verdict {
    let mut federation = Federation::new(1, 3);
    let born = birth();
    federation.chains[0].append(&[born]);
    for (of, place, years) in [
        (0, 110_100, 1996..=2008),
        (1, 310_100, 2009..=2015),
        (2, 330_100, 2016..=2025),
    ] {
        for year in years {
            let mut records = Vec::new();
            for month in 1..=12 {
                for scheme in ["110", "210", "310", "410", "510"] {
                    records.push(contribution(place, &format!("{year}-{month:02}"), scheme));
                }
            }
            federation.chains[of].append(&records);
        }
        federation.chains[of].commit();
    }
    let mut content = federation.content(&Asked::of(WORKER, 3));
    content.rules = RuleTexts::with_own(Vec::new());
    content.account = None;
    let statement = Statement::parse(&federation.seal(&content, 0)).unwrap();
    let mut shown = statement.verify(federation.trusted()).unwrap();
    shown.person = PersonShown::Revealed(opening().number);
    shown
}

fn source(serial: &str) -> Source<'_> {
    Source {
        serial: Code::new(serial).unwrap(),
        ..Source::default()
    }
}

fn birth() -> Vec<u8> {
    written(&Record::Birth(Birth {
        account: WORKER,
        birth: Month::parse("1974-03").unwrap(),
        by: BirthEvidence::CitizenId,
        on: Day::parse("2020-01-01").unwrap(),
        document: Hash::ZERO,
        source: source("1"),
    }))
}

fn contribution(place: u32, month: &str, scheme: &str) -> Vec<u8> {
    let fen = |amount| Fen::new(amount).unwrap();
    let shares = |unit, person| Shares {
        unit: fen(unit),
        person: fen(person),
    };
    let serial = format!("{month}/{scheme}");
    let contribution = Contribution {
        account: WORKER,
        scheme: Scheme {
            namespace: Namespace::Hrss,
            code: Code::new(scheme).unwrap(),
        },
        period: Period {
            first: Month::parse(month).unwrap(),
            months: 1,
        },
        settlement: Month::parse(month).unwrap(),
        received: Some(Day::parse(&format!("{month}-15")).unwrap()),
        place: Division::new(place).unwrap(),
        payer: Payer {
            kind: PayerKind::Unit,
            id: Code::new("U1").unwrap(),
        },
        nature: 10,
        base: fen(500_000),
        rates: ShareRates {
            unit: Rate::new(1_600).unwrap(),
            person: Rate::new(800).unwrap(),
        },
        due: shares(80_000, 40_000),
        paid: shares(80_000, 40_000),
        credited: shares(0, 40_000),
        full: true,
        late_fee: fen(0),
        subsidies: Subsidies::default(),
        account_type: AccountType::General,
        target: None,
        source: source(&serial),
    };
    written(&Record::Contribution(Kind::RECEIVED, contribution))
}

/// The sheets of a printed file.
fn sheets(pdf: &Path) -> usize {
    let bytes = fs::read(pdf).unwrap();
    assert!(bytes.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.matches("/Type /Page\n").count()
}

/// What somebody else's program reads in the picture of the code, as the browser draws it.
fn scanned(browser: &mut Browser) -> String {
    let drawn = browser.value(
        "(async () => {
            const side = 800, svg = new XMLSerializer().serializeToString(document.querySelector('header svg'));
            const image = new Image(side, side);
            image.src = 'data:image/svg+xml,' + encodeURIComponent(svg);
            await image.decode();
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = side;
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0, side, side);
            const { data } = context.getImageData(0, 0, side, side);
            let grey = '';
            for (let at = 0; at < data.length; at += 4) grey += String.fromCharCode(data[at]);
            return btoa(grey);
        })()",
    );
    let grey = Base64::decode_vec(drawn.as_str().unwrap()).unwrap();
    let mut image = PreparedImage::prepare_from_greyscale(800, 800, |x, y| grey[y * 800 + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    let (_, text) = grids[0].decode().unwrap();
    text
}

#[test]
fn a_life_fits_two_sheets_and_its_code_is_read_by_others() {
    let Some(mut browser) = browser() else { return };
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    let folder = TempDir::new().unwrap();
    let shown = life();
    let code = PaperCode::of(&shown, ADDRESS);
    for (language, name) in [(Language::En, "en"), (Language::Zh, "zh")] {
        set(language);
        let sheet = paper::page(&shown, ADDRESS).unwrap();
        let path = folder.path().join(format!("{name}.html"));
        fs::write(&path, sheet).unwrap();
        browser.open(&path, DESK, "zh-CN");
        assert_eq!(browser.asked_for(), Vec::<String>::new());
        let text = scanned(&mut browser);
        assert_eq!(text, code.with_address(ADDRESS));
        assert!(text.len() <= PAPER_CHARACTERS_MAX);
        assert_eq!(PaperCode::parse(&text), Some(code.clone()));
        browser.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
        keep(&pictures, &format!("paper-{name}.png"), &browser.picture());
        browser.call("Emulation.setEmulatedMedia", &json!({ "media": "" }));
        let printed = keep(&pictures, &format!("paper-{name}.pdf"), &browser.pdf());
        let count = sheets(&printed);
        assert!((1..=SHEETS_MAX).contains(&count), "{count} sheets");
    }
}
