//! Texts that people and scanners see: codes to type from one screen into another, and tokens that are known by their looks.

/// The prefix by which scanners know a leaked token.
pub const PREFIX: &str = "mspn_";
/// Letters that make no word and are not mistaken for one another.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// So many letters have a code: 34 bits, and each is good for a few minutes and a few tries.
const LENGTH: usize = 8;

/// `WDJB-MJHT`, from random bytes.
pub fn user_code(random: [u8; 16]) -> String {
    let mut number = u128::from_be_bytes(random);
    let mut code = String::with_capacity(LENGTH + 1);
    for at in 0..LENGTH {
        if at == LENGTH / 2 {
            code.push('-');
        }
        let letters = LETTERS.len() as u128;
        code.push(char::from(LETTERS[usize::try_from(number % letters).unwrap_or(0)]));
        number /= letters;
    }
    code
}

/// A code as somebody typed it, in the form it was given out; `None` for what cannot be one.
pub fn typed_code(text: &str) -> Option<String> {
    let letters: Vec<u8> =
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let is_code = text.len() <= 40 && letters.len() == LENGTH && letters.iter().all(|byte| LETTERS.contains(byte));
    let half = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    is_code.then(|| format!("{}-{}", half(&letters[..LENGTH / 2]), half(&letters[LENGTH / 2..])))
}

/// The text of a token: prefix, secret, and a checksum by which a scanner tells a token from what only looks like one.
pub fn token(secret: &str) -> String {
    format!("{PREFIX}{secret}{:08x}", checksum(secret.as_bytes()))
}

/// Whether a text can be a token at all. The ones of earlier versions have no checksum.
pub fn is_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    let is_hex = rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    match rest.len() {
        64 => is_hex,
        72 => is_hex && token(&rest[..64]) == text,
        _ => false,
    }
}

/// CRC-32 as zip and Ethernet have it.
fn checksum(bytes: &[u8]) -> u32 {
    let turn = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| turn(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_understood_however_it_is_typed() {
        let code = user_code([7; 16]);
        assert_eq!(code.len(), 9);
        assert_eq!(typed_code(&code), Some(code.clone()));
        assert_eq!(typed_code(&format!(" {} ", code.to_lowercase().replace('-', ""))), Some(code.clone()));
        for wrong in ["", "ABCD-EFGH", "WDJB", "WDJB-MJHTX", &"B".repeat(8_000), "WDJB-MJH\u{ff34}"] {
            assert_eq!(typed_code(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn codes_use_all_of_their_letters() {
        let codes: String = (0..=255).map(|n| user_code([n, 1, 2, 3, 4, 5, 6, 7, 8, 9, n, n, n, n, n, n])).collect();
        assert!(LETTERS.iter().all(|letter| codes.contains(char::from(*letter))));
    }

    #[test]
    fn a_token_is_known_by_its_looks() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
        let (secret, other) = ("0123456789abcdef".repeat(4), "f123456789abcdef".repeat(4));
        let text = token(&secret);
        assert!(is_token(&text) && is_token(&format!("mspn_{secret}")));
        assert!(!is_token(&text.replace(&secret, &other)));
        for wrong in ["", "mspn_", &secret, &text[..70], &format!("{text}0"), &text.to_uppercase()] {
            assert!(!is_token(wrong), "{wrong}");
        }
    }
}
