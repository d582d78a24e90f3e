//! What came from a node or a file, as a terminal may have it.

/// What a node or a file says, which may be anything: a terminal gets no commands from it, and it is read in the order in which it is
/// written. On one line.
pub fn printable(text: &str) -> String {
    text.replace(is_command, " ")
}

/// As [`printable`], line by line: what is laid out in lines stays so.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// JSON that a node has said, or that has in it what one said, as a terminal may have it: of the same value, with what a
/// terminal obeys written as JSON writes it, by its number. Such JSON of a program of ours has none of it.
pub fn printable_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => shown.push(c),
            // JSON has these between its values only, where they are blanks.
            _ if c < ' ' => shown.push(' '),
            // And these in its texts only.
            _ if is_command(c) => {
                // All of them are below U+FFFF: one number says each.
                let escaped = format!("\\u{:04x}", u32::from(c));
                shown.push_str(&escaped);
            }
            _ => shown.push(c),
        }
    }
    shown
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
        assert_eq!(printable_lines("one\n\u{1b}[2K\rtwo"), "one\n [2K two");
    }

    #[test]
    fn json_keeps_its_value_and_has_no_commands() {
        for (json, expected) in [
            ("{\"a\":\"一账\",\n \"b\":1}", "{\"a\":\"一账\",\n \"b\":1}"),
            ("{\"a\":1,\r\t\"b\":2}", "{\"a\":1,  \"b\":2}"),
            (
                "{\"a\":\"\u{9b}2J\u{7f}\u{202e}\"}",
                "{\"a\":\"\\u009b2J\\u007f\\u202e\"}",
            ),
        ] {
            let shown = printable_json(json);
            assert_eq!(shown, expected);
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(value(&shown), value(json));
        }
    }
}
