//! Two years of one-minute candles, made from a seed: the same bytes on every machine.
//!
//! A geometric walk around BTCUSDT's price with calm and wild days, all in integers. A file is
//! written once, into Cargo's `tmp`, and found there afterwards.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const ROWS: u32 = 730 * 24 * 60;
const SEED: u64 = 20_240_101;
/// Part of the files' names: to be raised with any change of what is written.
const EDITION: u32 = 1;
/// 2023-01-01T00:00:00Z.
const START: i64 = 1_672_531_200_000;
const MINUTE: i64 = 60_000;

/// How many decimals the numbers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimals {
    /// As other programs write them: `30000.12`.
    Two,
    /// As the archive writes them: `30000.12000000`.
    Eight,
}

/// The file as it is.
pub(crate) fn csv(decimals: Decimals) -> io::Result<PathBuf> {
    let places = match decimals {
        Decimals::Two => 2,
        Decimals::Eight => 8,
    };
    present(&format!("{places}.csv"), |file| {
        let mut walk = Walk::new();
        let mut file = BufWriter::new(file);
        for minute in 0..i64::from(ROWS) {
            walk.write_minute(START + minute * MINUTE, places, &mut file)?;
        }
        file.flush()
    })
}

/// The file with two decimals, as gzip.
pub(crate) fn gzip() -> io::Result<PathBuf> {
    let mut plain = BufReader::new(File::open(csv(Decimals::Two)?)?);
    present("2.csv.gz", |file| {
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::default());
        io::copy(&mut plain, &mut packed)?;
        packed.finish().map(drop)
    })
}

/// The file with two decimals, in a zip archive.
pub(crate) fn zip() -> io::Result<PathBuf> {
    let mut plain = BufReader::new(File::open(csv(Decimals::Two)?)?);
    present("2.zip", |file| {
        let mut packed = zip::ZipWriter::new(file);
        packed.start_file("candles.csv", zip::write::SimpleFileOptions::default())?;
        io::copy(&mut plain, &mut packed)?;
        Ok(packed.finish().map(drop)?)
    })
}

/// The path of a file, which is written first where it is not there.
fn present(name: &str, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("two-years-{SEED}-{EDITION}-{name}"));
    if !path.exists() {
        // A file that was cut off must not be taken for a whole one.
        let unfinished = folder.join(format!("{name}-{}.unfinished", std::process::id()));
        write(File::create(&unfinished)?)?;
        fs::rename(unfinished, &path)?;
    }
    Ok(path)
}

struct Walk {
    dice: ChaCha8Rng,
    /// Units of 1e-8, so that small steps are not lost.
    price: i64,
    /// The standard deviation of a minute in millionths.
    volatility: i64,
    /// What a minute adds on average, in millionths.
    drift: i64,
    /// Minutes until both change.
    left: u32,
}

/// Units of 1e-8 in a cent.
const CENT: i64 = 1_000_000;

impl Walk {
    const START_PRICE: i64 = 30_000 * 100 * CENT;
    const STEPS: u32 = 8;
    /// The price is drawn back to where it began over sixty days.
    const RETURN: i64 = 60 * 24 * 60;

    fn new() -> Self {
        let dice = ChaCha8Rng::seed_from_u64(SEED);
        Self { dice, price: Self::START_PRICE, volatility: 0, drift: 0, left: 0 }
    }

    fn write_minute(&mut self, time: i64, places: usize, file: &mut impl Write) -> io::Result<()> {
        if self.left == 0 {
            self.left = self.dice.random_range(360..2_520);
            self.volatility = match self.dice.random_range(0..100) {
                0..35 => 200,
                35..75 => 400,
                75..95 => 700,
                _ => 1_400,
            };
            self.drift = self.dice.random_range(-1..=1) * 6;
        }
        self.left -= 1;
        let open = self.price;
        let (mut high, mut low) = (open, open);
        for _ in 0..Self::STEPS {
            self.step();
            high = high.max(self.price);
            low = low.min(self.price);
        }
        let close = self.price;
        let drawn_back = (Self::START_PRICE - close) / Self::RETURN;
        self.price += drawn_back + close / 1_000_000 * self.drift;
        let amount = |cents: i64| {
            format!("{}.{:02}{:0<zeros$}", cents / 100, cents % 100, "", zeros = places - 2)
        };
        let [open, high, low, close] = [open, high, low, close].map(|price| price / CENT);
        let busy = self.dice.random_range(1..=60) * self.dice.random_range(1..=60);
        let volume = busy * self.volatility / 400 + 1;
        let taken = volume * self.dice.random_range(30..70) / 100;
        let [quote, taken_quote] = [volume, taken].map(|amount| amount * (open + close) / 200);
        let trades = self.dice.random_range(50..3_000);
        let [open, high, low, close] = [open, high, low, close].map(amount);
        let [volume, quote, taken, taken_quote] = [volume, quote, taken, taken_quote].map(amount);
        let end = time + MINUTE - 1;
        writeln!(
            file,
            "{time},{open},{high},{low},{close},{volume},{end},{quote},{trades},{taken},\
             {taken_quote},0"
        )
    }

    /// An eighth of a minute.
    fn step(&mut self) {
        // The sum of four even numbers is close to a normal one; this is its deviation, and the
        // square root of eight in thousandths.
        const DEVIATION: i128 = 37_837;
        const ROOT_OF_STEPS: i128 = 2_828;
        let sum: i64 = (0..4).map(|_| self.dice.random_range(-32_768..32_768_i64)).sum();
        let change = i128::from(self.price) * i128::from(self.volatility) * i128::from(sum)
            / (DEVIATION * ROOT_OF_STEPS * 1_000);
        self.price += i64::try_from(change).unwrap_or_default();
    }
}
