//! The account through the public door: records are written, signed and verified like real ones, then folded.

mod bounds;
mod case;
mod cases;
mod disputes;
mod document;
mod federation;
mod form;
mod identity;
mod procedure;
mod projection;
mod properties;
mod provisional;
mod review;
mod row_names;
mod sample;
mod work;
mod yearly;
