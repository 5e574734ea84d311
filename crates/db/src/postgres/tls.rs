//! Encrypted connections, with the meanings that libpq gives to `sslmode`.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Error, Result};

/// How the way to the server is protected.
#[derive(Clone, Debug)]
pub(super) enum Encryption {
    /// Not at all.
    Off,
    /// If the server can; whoever answers is believed.
    Prefer,
    /// Always; whoever answers is believed.
    Require,
    /// Always, and the server must prove its name; against these authorities, or the
    /// well-known ones.
    Verify(Option<PathBuf>),
}

impl Encryption {
    pub fn named(mode: &str, authority: Option<PathBuf>) -> Result<Self> {
        Ok(match mode {
            "disable" => Self::Off,
            "prefer" => Self::Prefer,
            "require" if authority.is_none() => Self::Require,
            // As libpq does: a given authority is checked against.
            "require" | "verify-full" => Self::Verify(authority),
            _ => {
                return Err(Error::Address(
                    "sslmode is one of disable, prefer, require, verify-full".into(),
                ));
            }
        })
    }

    pub fn mode(&self) -> SslMode {
        match self {
            Self::Off => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::Verify(_) => SslMode::Require,
        }
    }

    pub fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Address(error.to_string()))?;
        let config = match self {
            Self::Verify(authority) => builder
                .with_root_certificates(roots(authority.as_ref())?)
                .with_no_client_auth(),
            Self::Off | Self::Prefer | Self::Require => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Believe(provider)))
                .with_no_client_auth(),
        };
        Ok(MakeRustlsConnect::new(config))
    }
}

fn roots(authority: Option<&PathBuf>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(file) = authority else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    let unreadable = || Error::Address(format!("sslrootcert {} holds no certificate", file.display()));
    let certificates = CertificateDer::pem_file_iter(file).map_err(|_| unreadable())?;
    for certificate in certificates {
        let certificate = certificate.map_err(|_| unreadable())?;
        roots.add(certificate).map_err(|_| unreadable())?;
    }
    if roots.is_empty() {
        return Err(unreadable());
    }
    Ok(roots)
}

/// Believes whoever answers, but still checks that they hold the key they show.
#[derive(Debug)]
struct Believe(Arc<CryptoProvider>);

impl ServerCertVerifier for Believe {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
