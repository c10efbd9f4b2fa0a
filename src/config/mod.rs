//! `heikin.toml`, the environment and `.env`, read and checked at once.
