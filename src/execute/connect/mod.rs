//! What changes the session itself: connections, settings, secrets.

pub(crate) mod connection;
pub(crate) mod secret;
pub(crate) mod settings;
pub(crate) mod snapshot;
