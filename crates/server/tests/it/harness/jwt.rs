//! Tokens made by hand: right ones of other issuers, and wrong ones.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What signs a token.
pub enum Signer {
    Hs256(Box<hmac::Key>),
    Rs256(Box<RsaKeyPair>),
    Es256(Box<EcdsaKeyPair>),
    EdDsa(Box<Ed25519KeyPair>),
    Nothing,
}

impl Signer {
    pub fn hs256(secret: &[u8]) -> Self {
        Self::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    pub fn rs256() -> Self {
        Self::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub fn es256() -> Self {
        Self::Es256(Box::new(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    pub fn eddsa() -> Self {
        Self::EdDsa(Box::new(Ed25519KeyPair::generate().unwrap()))
    }

    /// The server's own secret, which signs its tokens.
    pub fn own(data: &std::path::Path) -> Self {
        let text = std::fs::read_to_string(data.join("jwt.keys")).unwrap();
        let line = text.lines().find(|line| line.contains(':')).unwrap();
        Self::hs256(&BASE64_URL_SAFE_NO_PAD.decode(line.split_once(':').unwrap().1).unwrap())
    }

    /// The name of its algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Hs256(_) => "HS256",
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
            Self::Nothing => "none",
        }
    }

    /// The public half, as a key set has it.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rs256(pair) => {
                let public: &rsa::PublicKey = pair.public_key();
                let (n, e) = (public.modulus().big_endian_without_leading_zero(), public.exponent());
                json!({"kty": "RSA", "kid": kid, "use": "sig", "n": encode(n), "e": encode(e.big_endian_without_leading_zero())})
            }
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "kid": kid, "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
            }
            Self::EdDsa(pair) => {
                json!({"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
            }
            Self::Hs256(_) | Self::Nothing => unreachable!("it has no public half"),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Hs256(key) => hmac::sign(key, message).as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Es256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Nothing => Vec::new(),
        }
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A token.
pub fn sign(header: &Value, claims: &Value, signer: &Signer) -> String {
    sign_text(&header.to_string(), &claims.to_string(), signer)
}

/// A token of texts that need not be JSON.
pub fn sign_text(header: &str, claims: &str, signer: &Signer) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(signer.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Claims as the document's sample has them, valid for an hour.
pub fn own_claims() -> Value {
    json!({
        "exp": crate::harness::now().as_second() + 3600,
        "user_name": "console",
        "authorities": ["ROLE_SYSTEMADMIN"],
        "jti": uuid::Uuid::nil().to_string(),
        "client_id": "zynchro",
        "scope": ["read", "write"],
    })
}
