//! How heikin gets its owner: a code that the first start prints, and that one person uses once.

use sha2::{Digest as _, Sha256};

use super::Control;
use super::front::record::Event;
use super::front::seal::{hex, random};
use crate::store::StoreError;

/// Neither 0 nor O, neither 1 nor I nor L.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// 31^16 codes: nobody guesses one.
const LENGTH: usize = 16;

impl Control {
    /// A new code that makes whoever uses it first the owner; none where there is an owner. The code
    /// before it does not hold any more.
    ///
    /// # Errors
    ///
    /// Where it cannot be recorded.
    pub async fn claim_code(&self) -> Result<Option<String>, heikin_bot::backend::BackendError> {
        let now = self.now();
        self.front(move |ledger| {
            if ledger.state().people().has_owner() {
                return Ok(None);
            }
            let code = draw()?;
            ledger.record(now, vec![Event::ClaimMade { digest: digest(&code) }])?;
            Ok(Some(code))
        })
        .await
    }

    /// Whether a code still makes whoever uses it first the owner: there is none yet, and no later code.
    ///
    /// # Errors
    ///
    /// Where nobody can look.
    pub async fn is_claimable(
        &self,
        code: &str,
    ) -> Result<bool, heikin_bot::backend::BackendError> {
        let digest = digest(code);
        self.front(move |ledger| {
            let state = ledger.state();
            Ok(!state.people().has_owner() && state.claim() == Some(digest.as_str()))
        })
        .await
    }
}

/// What is kept of a code.
pub(super) fn digest(code: &str) -> String {
    hex(&Sha256::digest(code.trim().to_ascii_uppercase().as_bytes()))
}

fn draw() -> Result<String, StoreError> {
    let system = std::path::Path::new("/dev/urandom");
    let mut code = String::new();
    while code.len() < LENGTH {
        let bytes = random::<32>().map_err(StoreError::io("the system gives no chance", system))?;
        // Those beyond the last whole round would make some letters likelier.
        let fair = bytes.iter().filter(|byte| usize::from(**byte) < 256 / 31 * 31);
        let letters = fair.filter_map(|byte| ALPHABET.get(usize::from(*byte) % 31));
        code.extend(letters.map(|letter| char::from(*letter)).take(LENGTH - code.len()));
    }
    Ok(code)
}
