//! The gRPC services, generated from proto/, and their conversion to and from domain types.
