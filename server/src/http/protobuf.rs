//! What clients send of core kinds in Kubernetes' protobuf encoding: `kubectl create namespace`, `secret` and `configmap` know no other.
//!
//! The bytes are an envelope (`k8s\0`, then kind and raw message), and of a message only the fields an object may have here are read.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Error, Result, object::type_name};
use serde_json::{Map, Value, json};

pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
const MAGIC: &[u8] = b"k8s\0";

/// The object in an envelope, as it would be in JSON.
pub fn object(bytes: &[u8]) -> Result<Value> {
    let envelope = bytes.strip_prefix(MAGIC).ok_or_else(|| broken("it does not begin as an object of Kubernetes"))?;
    let (mut about, mut raw): (&[u8], &[u8]) = (&[], &[]);
    for field in fields(envelope) {
        match field? {
            (1, Wire::Bytes(bytes)) => about = bytes,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let about = message(about, &[(1, "apiVersion", As::Text), (2, "kind", As::Text)])?;
    let known: &[Field] = match (about["apiVersion"].as_str(), about["kind"].as_str()) {
        (Some("v1"), Some("Namespace")) => &[(1, "metadata", As::Message(METADATA))],
        (Some("v1"), Some("Secret")) => SECRET,
        (Some("v1"), Some("ConfigMap")) => CONFIG_MAP,
        (_, Some("DeleteOptions")) => DELETE_OPTIONS,
        (version, kind) => {
            let (version, kind) = (version.unwrap_or_default(), kind.unwrap_or_default());
            return Err(super::body::unsupported_kind(&format!(
                "{kind} of {version:?} in protobuf; send JSON or YAML"
            )));
        }
    };
    let mut whole = message(raw, known)?;
    if let (Value::Object(whole), Value::Object(about)) = (&mut whole, about) {
        whole.extend(about);
    }
    Ok(whole)
}

/// Number, name and meaning of a field.
type Field = (u64, &'static str, As);

#[derive(Clone, Copy)]
enum As {
    Text,
    Texts,
    Whole,
    Truth,
    /// Of text to text.
    Map,
    /// Of text to bytes, which JSON has in base64.
    Bytes,
    Message(&'static [Field]),
}

const METADATA: &[Field] = &[
    (1, "name", As::Text),
    (2, "generateName", As::Text),
    (3, "namespace", As::Text),
    (5, "uid", As::Text),
    (6, "resourceVersion", As::Text),
    (11, "labels", As::Map),
    (12, "annotations", As::Map),
    (14, "finalizers", As::Texts),
];
const SECRET: &[Field] = &[
    (1, "metadata", As::Message(METADATA)),
    (2, "data", As::Bytes),
    (3, "type", As::Text),
    (4, "stringData", As::Map),
    (5, "immutable", As::Truth),
];
const CONFIG_MAP: &[Field] = &[
    (1, "metadata", As::Message(METADATA)),
    (2, "data", As::Map),
    (3, "binaryData", As::Bytes),
    (4, "immutable", As::Truth),
];
const DELETE_OPTIONS: &[Field] = &[
    (1, "gracePeriodSeconds", As::Whole),
    (2, "preconditions", As::Message(&[(1, "uid", As::Text), (2, "resourceVersion", As::Text)])),
    (4, "propagationPolicy", As::Text),
    (5, "dryRun", As::Texts),
];

/// A message as an object. Empty texts are left out, as they are in JSON.
fn message(bytes: &[u8], known: &[Field]) -> Result<Value> {
    let mut object = Map::new();
    for field in fields(bytes) {
        let (number, wire) = field?;
        let Some((_, name, meaning)) = known.iter().find(|(known, ..)| *known == number) else { continue };
        match (meaning, wire) {
            (As::Text, Wire::Bytes([])) => {}
            (As::Text, Wire::Bytes(bytes)) => _ = object.insert((*name).to_owned(), text(bytes)?.into()),
            (As::Whole, Wire::Number(number)) => {
                _ = object.insert((*name).to_owned(), number.cast_signed().into());
            }
            (As::Truth, Wire::Number(number)) => _ = object.insert((*name).to_owned(), (number != 0).into()),
            (As::Texts, Wire::Bytes(bytes)) => {
                let list = object.entry(*name).or_insert_with(|| json!([]));
                list.as_array_mut().ok_or_else(|| broken(type_name(&Value::Null)))?.push(text(bytes)?.into());
            }
            (As::Message(known), Wire::Bytes(bytes)) => _ = object.insert((*name).to_owned(), message(bytes, known)?),
            (As::Map | As::Bytes, Wire::Bytes(bytes)) => {
                let (key, value) = entry(bytes, matches!(meaning, As::Bytes))?;
                let map = object.entry(*name).or_insert_with(|| json!({}));
                map[key.as_str()] = value.into();
            }
            _ => return Err(broken(name)),
        }
    }
    Ok(Value::Object(object))
}

fn entry(bytes: &[u8], encoded: bool) -> Result<(String, String)> {
    let (mut key, mut value) = (String::new(), String::new());
    for field in fields(bytes) {
        match field? {
            (1, Wire::Bytes(bytes)) => key = text(bytes)?,
            (2, Wire::Bytes(bytes)) if encoded => value = BASE64_STANDARD.encode(bytes),
            (2, Wire::Bytes(bytes)) => value = text(bytes)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn text(bytes: &[u8]) -> Result<String> {
    std::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|_| broken("a text is not UTF-8"))
}

/// What stands on the wire under a field's number.
enum Wire<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    /// Of a kind that no field known here has.
    Other,
}

/// The fields of a message, one after the other; at the first that cannot be read they end.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u64, Wire<'_>)>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let field = field(&mut bytes).ok_or_else(|| {
            bytes = &[];
            broken("it ends in the middle of a field")
        });
        Some(field)
    })
}

fn field<'b>(bytes: &mut &'b [u8]) -> Option<(u64, Wire<'b>)> {
    let tag = varint(bytes)?;
    let wire = match tag & 7 {
        0 => Wire::Number(varint(bytes)?),
        1 => bytes.split_off(..8).map(|_| Wire::Other)?,
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            Wire::Bytes(bytes.split_off(..length)?)
        }
        5 => bytes.split_off(..4).map(|_| Wire::Other)?,
        _ => return None,
    };
    Some((tag >> 3, wire))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn broken(why: &str) -> Error {
    Error::bad_request(format!("request body: the protobuf cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes.
    fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    }

    fn enveloped(kind: &str, raw: &[u8]) -> Vec<u8> {
        let about = [part(1, b"v1"), part(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), part(1, &about), part(2, raw)].concat()
    }

    #[test]
    fn a_secret_is_read_as_its_json() {
        let label = [part(1, b"team"), part(2, b"a")].concat();
        let metadata = [part(1, b"db"), part(2, b""), part(11, &label)].concat();
        let value = [part(1, b"password"), part(2, b"\x00\xff")].concat();
        let raw = [part(1, &metadata), part(2, &value), vec![5 << 3, 1], part(3, b"Opaque")].concat();
        assert_eq!(
            object(&enveloped("Secret", &raw)).unwrap(),
            json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
                   "metadata": {"name": "db", "labels": {"team": "a"}}, "data": {"password": "AP8="}})
        );
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        let whole = enveloped("Namespace", &part(1, &part(1, b"shop")));
        assert_eq!(object(&whole).unwrap()["metadata"]["name"], "shop");
        for end in 0..whole.len() {
            // cut anywhere it is an error, or what came before is no object
            let cut = object(&whole[..end]);
            assert!(cut.is_err() || cut.unwrap()["metadata"]["name"] != "shop", "{end}");
        }
        assert!(object(&[MAGIC, &[0xff; 40]].concat()).is_err());
        assert!(object(&enveloped("Pod", b"")).is_err());
    }
}
