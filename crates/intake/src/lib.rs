//! Rows of an agency's files to records and back: layouts, code tables, row errors, sample files.
