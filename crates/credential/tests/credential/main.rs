//! Credentials from a statement that was handed to people: what they say, what they keep back, what is refused, and what a library that
//! shares no code with this one makes of them.

mod foreign;
mod refused;
mod said;
mod support;
