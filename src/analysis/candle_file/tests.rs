//! The two ways to read a row, against each other. Whole files are in `tests/candle_files`.

use proptest::prelude::*;

use super::row;
use super::usual::{self, WINDOW, Window};

/// The window over a text, as the buffer of lines gives it.
fn window(text: &[u8]) -> Window {
    let mut window = [0; WINDOW];
    for (place, byte) in window.iter_mut().zip(text) {
        *place = *byte;
    }
    window
}

/// What the fast way reads is the first line, and the careful way reads the same there.
fn check_agreement(text: &[u8]) -> Result<(), TestCaseError> {
    if let Some((candle, length)) = usual::parse(&window(text)) {
        let end = text.iter().position(|&byte| byte == b'\n');
        prop_assert_eq!(end.map(|end| end + 1), Some(length));
        let line = &text[..length - 1];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        prop_assert_eq!(row::parse(line).ok(), Some(candle));
    }
    Ok(())
}

fn digits(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(b'0'..=b'9', 1..=most)
        .prop_map(|digits| digits.into_iter().map(char::from).collect())
}

/// A number with up to so many digits, zeros in front included, and decimals.
fn number(whole: usize, decimals: usize) -> impl Strategy<Value = String> {
    (digits(whole), prop::option::of(digits(decimals))).prop_map(|(whole, decimals)| {
        decimals.map_or_else(|| whole.clone(), |decimals| format!("{whole}.{decimals}"))
    })
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        100_000_000_000..4_000_000_000_000_u64,
        100_000_000_000_000..4_000_000_000_000_000_u64
    ]
}

/// Rows with fields of any length; most are candles.
fn any_row() -> impl Strategy<Value = Vec<u8>> {
    // One number, so that any price fits the others.
    let price = number(12, 10);
    let others = proptest::collection::vec(number(30, 30), 5);
    let length = prop_oneof![Just(59_999_u64), Just(59_999_999), 0..100_000_u64];
    let line_end = prop_oneof![8 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("")];
    (time(), price, number(20, 18), length, others, line_end).prop_map(
        |(open, price, volume, length, others, line_end)| {
            let others = others.join(",");
            format!(
                "{open},{price},{price},{price},{price},{volume},{},{others}{line_end}",
                open + length
            )
            .into_bytes()
        },
    )
}

prop_compose! {
    /// Rows of the shape that Binance's archive has, whose prices fit each other.
    fn usual_row()(
        open in time(),
        cents in [0..10_000_000_000_u64, 0..1_000_000, 0..1_000_000, 0..1_000_000],
        decimals in 0..=8_usize,
        volume in number(16, 8),
        others in [number(9, 8), number(9, 8), number(9, 8), number(9, 8), number(9, 8)],
        line_end in prop_oneof![Just("\n"), Just("\r\n")],
    ) -> Vec<u8> {
        let [low, between, above, over] = cents;
        let scale = 10_u64.pow(u32::try_from(decimals).unwrap());
        let price = |units: u64| match decimals {
            // Eight digits are left in front of the point.
            0 => format!("{}", units % 100_000_000),
            _ => format!("{}.{:0decimals$}", units / scale % 100_000_000, units % scale),
        };
        let units = [low + between + 1, low + between + above + over + 1, low + 1, low + above + 1];
        let prices = units.map(price).join(",");
        let close = open + if open < 100_000_000_000_000 { 59_999 } else { 59_999_999 };
        format!("{open},{prices},{volume},{close},{}{line_end}", others.join(",")).into_bytes()
    }
}

/// What is done to the bytes of a row.
#[derive(Debug, Clone, Copy)]
enum Mutation {
    Replace(u8),
    Insert(u8),
    Remove,
    Repeat,
}

fn mutation() -> impl Strategy<Value = (prop::sample::Index, Mutation)> {
    let byte = prop_oneof![
        6 => prop::sample::select(b"0123456789.,-+\r\n eE\"\0:/".to_vec()),
        1 => any::<u8>(),
    ];
    let mutation = (byte, 0..4_u8).prop_map(|(byte, kind)| match kind {
        0 => Mutation::Replace(byte),
        1 => Mutation::Insert(byte),
        2 => Mutation::Remove,
        _ => Mutation::Repeat,
    });
    (any::<prop::sample::Index>(), mutation)
}

fn mutated(mut text: Vec<u8>, mutations: Vec<(prop::sample::Index, Mutation)>) -> Vec<u8> {
    for (place, mutation) in mutations {
        if text.is_empty() {
            break;
        }
        let place = place.index(text.len());
        match mutation {
            Mutation::Replace(byte) => text[place] = byte,
            Mutation::Insert(byte) => text.insert(place, byte),
            Mutation::Remove => drop(text.remove(place)),
            Mutation::Repeat => text.insert(place, text[place]),
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_ways_read_any_row_alike(text in any_row()) {
        check_agreement(&text)?;
    }

    #[test]
    fn both_ways_read_mutated_rows_alike(
        row in usual_row(),
        behind in usual_row(),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        check_agreement(&mutated([row, behind].concat(), mutations))?;
    }

    #[test]
    fn the_fast_way_reads_every_row_of_the_usual_shape(row in usual_row(), behind in usual_row()) {
        let text = [row.clone(), behind].concat();
        let line = row.trim_ascii_end();
        // Where the careful way finds a fault, as a low of zero, there is nothing to be fast at.
        if let (Ok(candle), true) = (row::parse(line), row.len() <= WINDOW - 8) {
            prop_assert_eq!(usual::parse(&window(&text)), Some((candle, row.len())));
        }
        check_agreement(&text)?;
    }
}
