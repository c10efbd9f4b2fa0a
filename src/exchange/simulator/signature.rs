//! Checks signatures over the very bytes that were sent (`rest-api.md`, `web-socket-api.md`,
//! Request security).

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Whether `signature` (64 hexadecimal digits, of either case) is that of `payload`.
pub(super) fn is_valid(secret: &SecretString, payload: &[u8], signature: &str) -> bool {
    let Some(bytes) = unhex(signature) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return false;
    };
    mac.update(payload);
    mac.verify_slice(&bytes).is_ok()
}

/// What is signed over REST: query and body as they came, put together without anything between,
/// less the signature.
pub(super) fn rest_payload(query: &str, body: &str) -> String {
    without_signature(query) + &without_signature(body)
}

fn without_signature(text: &str) -> String {
    let pairs: Vec<_> = text.split('&').filter(|pair| !pair.starts_with("signature=")).collect();
    pairs.join("&")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    if text.len() != 64 {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Binance's published example secret.
    const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    #[test]
    fn the_documented_signatures_are_valid() {
        let key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
        let form = "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
        let head = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC";
        for (query, body, signature) in [
            (
                format!("{head}&{form}&signature=ignored"),
                "",
                "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
            ),
            (
                head.to_owned(),
                &format!("{form}&signature=ignored"),
                "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
            ),
            (
                format!("{}&{form}", head.replace("LTCBTC", "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96")),
                "",
                "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
            ),
            (
                "symbol=SOLUSDC&origClientOrderId=hk-42-B-1&recvWindow=2500.5&timestamp=1763683200000000".to_owned(),
                "",
                "5a92e96b159cbce32e2496cf2c08d1d3d0212fa2abde1609f363e383220382fd",
            ),
            (
                format!("apiKey={key}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"),
                "",
                "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
            ),
            (
                format!("apiKey={key}&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY&symbol=１２３４５６&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"),
                "",
                "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
            ),
            (
                "apiKey=test-api-key&recvWindow=5000&timestamp=1747385641636".to_owned(),
                "",
                "24915a60fba7936b78bf785132a26637a108160e54fba24ab2480d9e55c594f3",
            ),
        ] {
            let payload = rest_payload(&query, body);
            let secret = SECRET.into();
            assert!(is_valid(&secret, payload.as_bytes(), signature), "{payload}");
            assert!(is_valid(&secret, payload.as_bytes(), &signature.to_uppercase()), "{payload}");
            let other = signature.replacen(|_: char| true, "g", 1);
            assert!(!is_valid(&secret, payload.as_bytes(), &other));
            assert!(!is_valid(&secret, format!("{payload}&").as_bytes(), signature));
        }
    }
}
