//! The server: tonic, TLS, the writer, replication among peers.
