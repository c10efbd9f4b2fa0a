//! Data as texts and buttons. Pure: the same data give the same message.

mod alerts;

pub use alerts::alert;
