//! The append, replicate and recovery state machines: they decide what to write and send, and do neither.
