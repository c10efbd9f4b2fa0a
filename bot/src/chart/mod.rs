//! Data as pictures for a phone: large type, little ink, readable in dark and light.
//!
//! Pure: the same data give the same bytes. Figures are rounded to pixels here and never flow back.

mod candles;
mod canvas;
mod equity;
mod frame;
mod palette;
mod scale;

pub use candles::candles;
pub use equity::equity;
pub use palette::{Palette, Theme};
