//! What a payer may tell of themselves: the one rule, for the form that asks and for the desk that keeps.

/// A name as it is kept: 2 to 60 characters, letters of every script with what stands between them.
pub fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let words: Vec<_> = text.split_whitespace().collect();
    let name = words.join(" ");
    // Letters of every script, with the marks that belong to them.
    let is_part = |c: char| c.is_alphabetic() || " .'’-".contains(c) || is_mark(c);
    let fits = (2..=60).contains(&name.chars().count())
        && name.chars().all(is_part)
        && name.chars().any(char::is_alphabetic)
        && !text.contains(char::is_control);
    fits.then_some(name)
}

/// Signs that stand with letters of Indian scripts (virama, nukta, joiners) or are put on Latin ones.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{d7f}' | '\u{200c}' | '\u{200d}')
        && !c.is_numeric()
}

/// An email address as it is kept, its domain in small letters.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.split_once('@')?;
    let is_local =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fits = text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.bytes().all(is_local)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()));
    fits.then(|| format!("{local}@{}", domain.to_ascii_lowercase()))
}

/// A phone number as E.164 has it, `+919876543210`; an Indian one may be written without its country.
pub fn phone(text: &str) -> Option<String> {
    let digits: String =
        text.trim().chars().filter(|c| !" -()\u{a0}".contains(*c)).collect::<String>();
    let (plus, number) = match digits.strip_prefix('+') {
        Some(number) => (true, number),
        None => (false, digits.as_str()),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) || number.starts_with('0') {
        return None;
    }
    match (plus, number.len()) {
        (true, 8..=15) => Some(format!("+{number}")),
        // An Indian mobile number as people there write it.
        (false, 10) if number.starts_with(['6', '7', '8', '9']) => Some(format!("+91{number}")),
        (false, 12) if number.starts_with("91") => Some(format!("+{number}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_fields_are_taken_in_their_usual_form() {
        for text in
            ["Asha", "Dr. A. P. J. Abdul Kalam", "O’Neil-Smith", "आशा देवी", "José", "அரவிந்த்"]
        {
            assert_eq!(name(text).as_deref(), Some(text));
        }
        assert_eq!(name(" Asha   Devi ").as_deref(), Some("Asha Devi"));
        assert_eq!(email("a.b+c@Example.CO.in").as_deref(), Some("a.b+c@example.co.in"));
        for text in ["+91 98765-43210", "98765 43210", "919876543210", "+919876543210"] {
            assert_eq!(phone(text).as_deref(), Some("+919876543210"), "{text}");
        }
        assert_eq!(phone("+1 (415) 555-0100").as_deref(), Some("+14155550100"));
    }

    #[test]
    fn bad_fields_are_refused() {
        let long = "a".repeat(61);
        for text in [
            "",
            "A",
            "1234",
            "Ravi \u{1f60e}",
            "..",
            "<b>Asha</b>",
            "Asha\nDevi",
            "Asha\u{7}",
            "...",
            "a@b",
            &long,
        ] {
            assert_eq!(name(text), None, "{text:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a b@c.de",
            "a..b@c.de",
            ".a@c.de",
            "a.@c.de",
            "a@-b.co",
            "a@b..co",
            "a@b..c",
            "a@b.12",
            "ä@b.co",
            "a@b.co\nBcc: c@d.ef",
            &long,
        ] {
            assert_eq!(email(text), None, "{text:?}");
        }
        for text in [
            "",
            "+",
            "12345",
            "+0123456789",
            "0987654321",
            "5876543210",
            "+91x9876543210",
            "+1234567890123456",
            "९८७६५४३२१०",
            "++919876543210",
        ] {
            assert_eq!(phone(text), None, "{text:?}");
        }
    }
}
