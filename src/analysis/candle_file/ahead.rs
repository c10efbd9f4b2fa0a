//! Candles read on a thread of their own, ahead of what is done with them.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use heikin_core::market::Candle;

use super::error::CandleFileError;
use super::run::{CandleFiles, Progress};

/// Candles handed over at a time: enough that handing over costs nothing, few enough that a
/// progress bar moves.
const STRIDE: usize = 8192;
/// Strides that wait: the reader is held up beyond that, so memory is bounded.
const AHEAD: usize = 4;

/// Some candles in a row.
#[derive(Debug)]
pub struct Stride {
    candles: Vec<Candle>,
    fault: Option<CandleFileError>,
    /// How far the files were read when these candles were.
    pub progress: Progress,
}

impl Stride {
    /// The candles, and the fault behind them where reading ended with one.
    pub fn into_candles(self) -> impl Iterator<Item = Result<Candle, CandleFileError>> {
        self.candles.into_iter().map(Ok).chain(self.fault.map(Err))
    }
}

impl CandleFiles {
    /// Hands all candles to `each`, in order, and reads the next ones meanwhile on another thread.
    /// Ends early where `each` fails.
    pub fn read_ahead<E>(
        &mut self,
        mut each: impl FnMut(Stride) -> Result<(), E>,
    ) -> Result<(), E> {
        let (sender, strides) = sync_channel(AHEAD);
        thread::scope(|scope| {
            scope.spawn(move || self.read_into(&sender));
            // The iterator owns the receiver: gone after a failure, which ends the reader.
            strides.into_iter().try_for_each(&mut each)
        })
    }

    fn read_into(&mut self, strides: &SyncSender<Stride>) {
        loop {
            let mut candles = Vec::with_capacity(STRIDE);
            let mut fault = None;
            for next in self.by_ref().take(STRIDE) {
                match next {
                    Ok(candle) => candles.push(candle),
                    Err(error) => fault = Some(error),
                }
            }
            let ended = candles.len() < STRIDE;
            let progress = self.progress();
            // Nobody takes it any more: the run has failed.
            if strides.send(Stride { candles, fault, progress }).is_err() || ended {
                return;
            }
        }
    }
}
