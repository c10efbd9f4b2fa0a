//! The chat front end of heikin.
//!
//! A command becomes a typed request, a backend answers with data, a pure view renders it, and a
//! transport (Telegram, or the terminal) shows it. This crate will own that backend port and takes
//! its vocabulary (symbol, price, timestamp) from [`heikin_core`]; it knows nothing of the engine.
//! It holds no code yet.
