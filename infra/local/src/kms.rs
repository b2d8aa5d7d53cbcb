//! The Key Management Service, as far as data keys go: two requests, and one key for all of the stack.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// Bytes of a data key.
const DATA_KEY: usize = 32;

/// The service. Clones share the key.
#[derive(Clone)]
pub(crate) struct Kms(Arc<LessSafeKey>);

impl Kms {
    /// Wraps with a key of 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| anyhow!("the key has another size"))?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// Answers a request such as `Decrypt`.
    pub(crate) fn answer(&self, operation: &str, body: &[u8]) -> (u16, Value) {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let answer = match operation {
            "GenerateDataKey" => self.generate(&request),
            "Decrypt" => self.decrypt(&request),
            _ => None,
        };
        let refusal = json!({"__type": "InvalidCiphertextException"});
        answer.map_or((400, refusal), |answer| (200, answer))
    }

    fn generate(&self, request: &Value) -> Option<Value> {
        let (mut plain, mut nonce) = ([0; DATA_KEY], [0; NONCE_LEN]);
        rand::fill(&mut plain).and_then(|()| rand::fill(&mut nonce)).ok()?;
        let mut wrapped = plain.to_vec();
        let used = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(used, context(request), &mut wrapped).ok()?;
        let wrapped = STANDARD.encode([&nonce[..], &wrapped].concat());
        let key_id = &request["KeyId"];
        Some(json!({"KeyId": key_id, "Plaintext": STANDARD.encode(plain), "CiphertextBlob": wrapped}))
    }

    fn decrypt(&self, request: &Value) -> Option<Value> {
        let wrapped = STANDARD.decode(request["CiphertextBlob"].as_str()?).ok()?;
        let (nonce, wrapped) = wrapped.split_first_chunk::<NONCE_LEN>()?;
        let mut wrapped = wrapped.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, context(request), &mut wrapped).ok()?;
        Some(json!({"KeyId": request["KeyId"], "Plaintext": STANDARD.encode(plain)}))
    }
}

fn context(request: &Value) -> Aad<Vec<u8>> {
    Aad::from(request["EncryptionContext"].to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(kms: &Kms, operation: &str, request: &Value) -> (u16, Value) {
        kms.answer(operation, request.to_string().as_bytes())
    }

    #[test]
    fn a_data_key_comes_back_by_the_same_key_and_context_only() {
        let kms = Kms::new(&[1; 32]).unwrap();
        let context = json!({"a": "b"});
        let (status, made) =
            ask(&kms, "GenerateDataKey", &json!({"KeyId": "k", "EncryptionContext": context}));
        assert_eq!(status, 200);
        let request = json!({"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context});
        assert_eq!(ask(&kms, "Decrypt", &request).1["Plaintext"], made["Plaintext"]);
        assert_eq!(ask(&Kms::new(&[2; 32]).unwrap(), "Decrypt", &request).0, 400);
        let other = json!({"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": {}});
        assert_eq!(ask(&kms, "Decrypt", &other).0, 400);
    }
}
