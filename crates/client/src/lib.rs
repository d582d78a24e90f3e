//! What callers of nodes do with their answers: messages become values. What is believed of them, `statement` says; how they are shown,
//! `show`. The command line and the portal read answers with the same code.
//!
//! Not here: connections, files, arguments.

mod answer;
mod copies;
mod readings;

pub use answer::{AnswerFault, Told};
pub use copies::copies;
pub use readings::readings;
