//! JSON with members in the order in which they were given, so that fields stand in the order of their bytes.

use std::fmt::Write;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    /// At most 2^53 either way; what may be larger is a text.
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(members.map(|(key, value)| (key.to_string(), value)).into())
    }

    pub fn list<T: Into<Json>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Bytes as hexadecimal digits.
    pub fn hex(bytes: impl AsRef<[u8]>) -> Self {
        Self::Text(hex(bytes.as_ref()))
    }

    /// An unsigned 64-bit integer as a decimal text.
    pub fn wide(value: u64) -> Self {
        Self::Text(value.to_string())
    }

    /// Bytes that repeat: each part so many times.
    pub fn parts(parts: &[(&[u8], usize)]) -> Self {
        Self::list(parts.iter().map(|(bytes, times)| {
            Self::List(vec![
                Self::hex(bytes),
                Self::Number(i64::try_from(*times).unwrap()),
            ])
        }))
    }

    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => write!(out, "{value}").unwrap(),
            Self::Number(value) => write!(out, "{value}").unwrap(),
            Self::Text(value) => write_text(value, out),
            Self::List(items) => {
                let flat = items.iter().all(|item| !matches!(item, Self::Object(_)));
                write_all(out, ('[', ']'), depth, flat, items, |item, out| {
                    item.write(out, depth + 1);
                });
            }
            Self::Object(members) => write_all(
                out,
                ('{', '}'),
                depth,
                false,
                members,
                |(key, value), out| {
                    write_text(key, out);
                    out.push_str(": ");
                    value.write(out, depth + 1);
                },
            ),
        }
    }
}

fn write_all<T>(
    out: &mut String,
    (open, close): (char, char),
    depth: usize,
    flat: bool,
    items: &[T],
    mut each: impl FnMut(&T, &mut String),
) {
    out.push(open);
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            out.push_str(if flat { ", " } else { "," });
        }
        if !flat {
            write!(out, "\n{:1$}", "", depth + 1).unwrap();
        }
        each(item, out);
    }
    if !flat && !items.is_empty() {
        write!(out, "\n{:1$}", "", depth).unwrap();
    }
    out.push(close);
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_ascii_graphic() || c == ' ' => out.push(c),
            c => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| write!(out, "\\u{unit:04x}").unwrap());
            }
        }
    }
    out.push('"');
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Json {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<yizhang_ledger::hash::Hash> for Json {
    fn from(hash: yizhang_ledger::hash::Hash) -> Self {
        Self::hex(hash.0)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
