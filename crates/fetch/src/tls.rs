//! Whom to trust and who we are.

use std::sync::{Arc, OnceLock};

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

/// How TLS is spoken: by default with the certificates that the operating system trusts.
#[derive(Clone, Default)]
pub struct Tls {
    roots: Option<RootCerts>,
    client: Option<ClientCert>,
    insecure: bool,
}

/// Certificates that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate in the text for `ca`.
    #[error("no certificate in PEM form is in it")]
    NoCertificate,
    /// No key in the text for `key`.
    #[error("no private key in PEM form is in it")]
    NoKey,
    /// The key is not the certificate's, or of a kind that is not known.
    #[error("the private key cannot be used with the certificate: {0}")]
    Key(String),
    /// The machine trusts nobody.
    #[error("this machine has no trusted certificates")]
    NoRoots,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("roots", &self.roots.is_some())
            .field("client", &self.client.is_some())
            .field("insecure", &self.insecure)
            .finish()
    }
}

impl Tls {
    /// Trusts the certificates in this PEM text instead of the machine's.
    pub fn trusting(mut self, ca: &[u8]) -> Result<Self, TlsError> {
        let certificates = certificates(ca)?;
        self.roots = Some(RootCerts::new_with_certs(&certificates));
        Ok(self)
    }

    /// Shows servers the certificate chain in one PEM text, with the key in another.
    pub fn identified(mut self, certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let key = PrivateKey::from_pem(key).map_err(|_| TlsError::NoKey)?;
        check_pair(&chain, &key)?;
        self.client = Some(ClientCert::new_with_certs(&chain, key));
        Ok(self)
    }

    /// Does not check who answers.
    #[must_use]
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.insecure = insecure;
        self
    }

    /// For an agent. The machine's certificates are read only if TLS is spoken.
    pub(crate) fn config(&self, needed: bool) -> Result<TlsConfig, TlsError> {
        let roots = match &self.roots {
            Some(roots) => roots.clone(),
            None if needed && !self.insecure => system_roots()?,
            None => RootCerts::new_with_certs(&[]),
        };
        Ok(TlsConfig::builder()
            .root_certs(roots)
            .client_cert(self.client.clone())
            .disable_verification(self.insecure)
            .unversioned_rustls_crypto_provider(provider())
            .build())
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, TlsError> {
    let items = parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let found: Vec<_> = items.collect();
    if found.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    Ok(found)
}

/// Whether the key is that of the first certificate. ureq takes it for granted.
fn check_pair(chain: &[Certificate<'static>], key: &PrivateKey<'static>) -> Result<(), TlsError> {
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};
    let chain = chain
        .iter()
        .map(|one| CertificateDer::from(one.der().to_vec()));
    let key = PrivateKeyDer::try_from(key.der().to_vec())
        .map_err(|words| TlsError::Key(words.to_owned()))?;
    rustls::sign::CertifiedKey::from_der(chain.collect(), key, &provider())
        .map(|_| ())
        .map_err(|error| TlsError::Key(error.to_string()))
}

fn system_roots() -> Result<RootCerts, TlsError> {
    static ROOTS: OnceLock<Option<RootCerts>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs().certs;
        let certificates = found
            .iter()
            .map(|one| Certificate::from_der(one.as_ref()).to_owned());
        let certificates: Vec<_> = certificates.collect();
        (!certificates.is_empty()).then(|| RootCerts::new_with_certs(&certificates))
    });
    roots.clone().ok_or(TlsError::NoRoots)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    static PROVIDER: OnceLock<Arc<rustls::crypto::CryptoProvider>> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider()));
    provider.clone()
}

#[cfg(test)]
mod tests {
    use super::{Tls, TlsError};

    #[test]
    fn what_is_no_pem_is_refused() {
        let refused = Tls::default().trusting(b"no pem");
        assert_eq!(refused.err(), Some(TlsError::NoCertificate));
        let refused = Tls::default().identified(b"", b"");
        assert_eq!(refused.err(), Some(TlsError::NoCertificate));
        let one = rcgen::generate_simple_self_signed(["a".to_owned()]).expect("made");
        let other = rcgen::generate_simple_self_signed(["a".to_owned()]).expect("made");
        let (pem, key) = (one.cert.pem(), other.signing_key.serialize_pem());
        let refused = Tls::default().identified(pem.as_bytes(), b"x");
        assert_eq!(refused.err(), Some(TlsError::NoKey));
        let refused = Tls::default().identified(pem.as_bytes(), key.as_bytes());
        assert!(matches!(refused.err(), Some(TlsError::Key(_))));
        let own = one.signing_key.serialize_pem();
        assert!(
            Tls::default()
                .identified(pem.as_bytes(), own.as_bytes())
                .is_ok()
        );
    }
}
