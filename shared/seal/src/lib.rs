#![doc = include_str!("../README.md")]

mod envelope;
mod keys;
mod kms;

pub use keys::Keys;
