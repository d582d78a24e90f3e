use crate::words::{age, read, ten_thousandths, tenths, yuan};
use serde::Deserialize;
use yizhang_entitlement::formulas::pension::{
    Divisor, DivisorRow, Index, IndexLine, IndexMonths, IndexRule, account_pension, basic_pension,
    career_index, divisor, resident_pension,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    divisor: Vec<(u16, u16)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "compute")]
enum Case {
    Index {
        title: String,
        lines: Vec<(u32, String, String)>,
        index: Option<String>,
    },
    Basic {
        title: String,
        reference: String,
        index: String,
        months: u32,
        basic: String,
    },
    Divisor {
        age: String,
        divisor: Option<String>,
    },
    Account {
        title: String,
        age: String,
        balance: String,
        account: String,
    },
    Resident {
        title: String,
        basic: String,
        balance: String,
        divisor: String,
        pension: String,
    },
}

#[test]
fn pensions() {
    let file = read::<Rule, Case>("pension");
    let table: Vec<_> = file
        .rule
        .divisor
        .iter()
        .map(|&(age_years, months)| DivisorRow { age_years, months })
        .collect();
    for case in file.case {
        match case {
            Case::Index {
                title,
                lines,
                index,
            } => {
                let lines: Vec<_> = lines
                    .iter()
                    .map(|(months, base, average)| IndexLine {
                        months: *months,
                        base: yuan(base),
                        average: yuan(average),
                    })
                    .collect();
                assert_eq!(
                    career_index(
                        IndexRule::default(),
                        IndexMonths {
                            paid: &lines,
                            ..IndexMonths::default()
                        }
                    ),
                    index.as_deref().map(|z| Index(ten_thousandths(z))),
                    "{title}"
                );
            }
            Case::Basic {
                title,
                reference,
                index,
                months,
                basic,
            } => {
                let found = basic_pension(yuan(&reference), Index(ten_thousandths(&index)), months);
                assert_eq!(found, Some(yuan(&basic)), "{title}");
            }
            Case::Divisor {
                age: at,
                divisor: expected,
            } => {
                assert_eq!(
                    divisor(&table, age(&at)),
                    expected.as_deref().map(|d| Divisor(tenths(d))),
                    "{at}"
                );
            }
            Case::Account {
                title,
                age: at,
                balance,
                account,
            } => {
                let found = account_pension(yuan(&balance), divisor(&table, age(&at)).unwrap());
                assert_eq!(found, Some(yuan(&account)), "{title}");
            }
            Case::Resident {
                title,
                basic,
                balance,
                divisor,
                pension,
            } => {
                let found =
                    resident_pension(yuan(&basic), yuan(&balance), Divisor(tenths(&divisor)));
                assert_eq!(found, Some(yuan(&pension)), "{title}");
            }
        }
    }
}
