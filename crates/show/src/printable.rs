//! What came from a node or a file, as a terminal may have it.

/// What a node or a file says, which may be anything: a terminal gets no commands from it, and it is read in the order in which it is
/// written. On one line.
pub fn printable(text: &str) -> String {
    text.replace(is_command, " ")
}

/// What a terminal does not show but obeys: control characters, and those that turn the direction of what follows.
fn is_command(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_a_terminal_are_taken_out_and_text_stays() {
        for (text, expected) in [
            ("一账 ok – ‡", "一账 ok – ‡"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", " [2J ]0;title "),
            ("one\r\nother\u{9b}31m", "one  other 31m"),
            ("\u{202e}evil\u{2066}", " evil "),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
