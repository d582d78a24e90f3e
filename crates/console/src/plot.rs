//! Small plots: a line over time, drawn here.

use maud::{Markup, html};
use std::fmt::Write as _;

/// Width and height of a plot, in its own units.
const WIDTH: u64 = 240;
const HEIGHT: u64 = 40;

/// A line through values, the oldest first, between the least and the most of them. What it shows stands beside it in words.
pub(crate) fn line(values: &[u64], name: &str) -> Markup {
    let (least, most) = match (values.iter().min(), values.iter().max()) {
        (Some(least), Some(most)) if values.len() > 1 => (*least, *most),
        _ => return html! {},
    };
    let points = points(values, least, most);
    html! {
        svg.plot viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(name) {
            polyline points=(points) fill="none" stroke="currentColor" stroke-width="1.5" {}
        }
    }
}

fn points(values: &[u64], least: u64, most: u64) -> String {
    let steps = u64::try_from(values.len())
        .unwrap_or(u64::MAX)
        .saturating_sub(1);
    let mut points = String::new();
    for (at, value) in (0_u64..).zip(values) {
        let x = scaled(at, steps, WIDTH);
        let y = HEIGHT - scaled(value - least, most - least, HEIGHT - 2) - 1;
        if !points.is_empty() {
            points.push(' ');
        }
        write!(points, "{x},{y}").expect("a string takes whatever is written to it");
    }
    points
}

/// A part of a whole, on a length.
fn scaled(part: u64, whole: u64, length: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let scaled = u128::from(part) * u128::from(length) / u128::from(whole);
    u64::try_from(scaled).expect("no longer than the length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_in_its_plot_whatever_the_values_are() {
        assert_eq!(points(&[0, 10], 0, 10), "0,39 240,1");
        assert_eq!(points(&[7, 7, 7], 7, 7), "0,39 120,39 240,39");
        let extreme = [0, u64::MAX, 1];
        assert_eq!(points(&extreme, 0, u64::MAX), "0,39 120,1 240,39");
        assert_eq!(line(&[], "x").into_string(), "");
        assert_eq!(line(&[1], "x").into_string(), "");
    }
}
