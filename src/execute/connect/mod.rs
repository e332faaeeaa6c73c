//! What changes the session itself: connections, settings, secrets.

pub mod connection;
pub mod secret;
pub mod settings;
