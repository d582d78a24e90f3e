//! Tables of agencies: what is read, what is refused, and what is written about it. Each file is a module; `parsers` measures memory and is a program of its own.

mod error_file;
mod faults;
mod lines;
mod platforms;
mod properties;
mod pseudonyms;
mod rates;
mod reading;
mod sample;
mod spellings;
mod support;
mod workbook;
