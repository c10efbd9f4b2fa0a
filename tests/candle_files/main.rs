#![cfg(test)]
//! Candle files as people have them: what is read, and what is said where something is wrong.

mod archives;
mod faults;
mod folder;
mod formats;
mod inputs;
mod rows;
mod series;
mod shared_data;
mod streams;
