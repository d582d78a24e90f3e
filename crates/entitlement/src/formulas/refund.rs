//! What is given back of a resident payment for months that count for employees.

use super::rounding::half_up_fen;
use yizhang_ledger::value::Fen;

/// The refund of a payment for `months` of which `overlap` are employee months: `paid × overlap ÷ months`, half up to
/// the fen; never more than was paid, and nothing of a negative payment. One share (the person's, the collective's) at
/// a time: government subsidies and their interest stay. A period of no months is taken as one of one month.
///
/// Source: 人社部发〔2014〕17号 art. 7 (verified); the proportion and its rounding are our design.
pub fn overlap_refund(paid: Fen, overlap: u32, months: u32) -> Fen {
    let months = months.max(1);
    let product = i128::from(paid.get().max(0)).checked_mul(i128::from(overlap.min(months)));
    let product = product.expect("an amount has less than 64 bits, a count of months 32");
    let refund = half_up_fen(product, i128::from(months));
    refund.expect("a part of an amount is an amount")
}
