//! TLS 1.3 between PCs: certificates that live as long as the program and prove nothing but a key.
use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, KeyPair};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, ServerConfig, SignatureScheme,
    version::TLS13,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::{Duplex, PeerError};

/// What a certificate says it is for: nobody's name.
const NOBODY: &str = "letan.invalid";

/// Both ends' settings, made once per start.
struct Settings {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

fn settings() -> Result<&'static Settings, PeerError> {
    static SETTINGS: OnceLock<Option<Settings>> = OnceLock::new();
    let made = SETTINGS.get_or_init(|| make().ok());
    made.as_ref().ok_or(PeerError::Malformed)
}

fn make() -> Result<Settings, Error> {
    let general = |_| Error::General("certificate".to_owned());
    let key = KeyPair::generate().map_err(general)?;
    let params = CertificateParams::new(vec![NOBODY.to_owned()]).map_err(general)?;
    let certificate = params.self_signed(&key).map_err(general)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(ring::default_provider());
    let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyKey(Arc::clone(&provider))))
        .with_no_client_auth();
    client.resumption = Resumption::disabled();
    client.enable_sni = false;
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())?;
    server.send_tls13_tickets = 0;
    Ok(Settings {
        client: Arc::new(client),
        server: Arc::new(server),
    })
}

/// As the one that dialled.
pub(super) async fn connect(
    stream: Box<dyn Duplex>,
) -> Result<TlsStream<Box<dyn Duplex>>, PeerError> {
    let connector = TlsConnector::from(Arc::clone(&settings()?.client));
    let name = ServerName::try_from(NOBODY).map_err(|_| PeerError::Malformed)?;
    let stream = connector.connect(name, stream).await;
    Ok(stream.map_err(|_| PeerError::Ended)?.into())
}

/// As the one that was dialled.
pub(super) async fn accept(
    stream: Box<dyn Duplex>,
) -> Result<TlsStream<Box<dyn Duplex>>, PeerError> {
    let acceptor = TlsAcceptor::from(Arc::clone(&settings()?.server));
    let stream = acceptor.accept(stream).await;
    Ok(stream.map_err(|_| PeerError::Ended)?.into())
}

/// Takes any certificate whose key signed the handshake: who the other side is, it proves afterwards, by a signature
/// over what only the two ends of this connection know. So whoever sits between is found out there.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
