#![cfg(test)]
//! The stand-ins for outside services, spoken to over sockets as any client would.

mod client;
mod razorpay;
mod shape;
mod telegram;
