//! TLS.

/// The drivers take the process's cryptography where they are not handed one, so
/// there must be one; whatever the program chose before stays.
pub(super) fn provide() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, which is as good.
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
    }
}
