//! The account: from the set of verified records to the one account of a worker.
