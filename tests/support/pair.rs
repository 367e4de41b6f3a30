//! Two ends of a connection on loopback.
