//! What arrives at a service.
