//! The result of a backtest as one self-contained HTML file.
