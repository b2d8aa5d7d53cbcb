//! Serves the rehearsal model until its input ends: `cargo run -p kit --example rehearsal [ADDRESS]`.

use std::{io::Write, net::SocketAddr};

use kit::rehearsal::Rehearsal;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let addr: SocketAddr = addr.parse().map_err(std::io::Error::other)?;
    let rehearsal = Rehearsal::start(addr).await?;
    writeln!(std::io::stdout(), "{}", rehearsal.url())?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    rehearsal.stop().await
}
