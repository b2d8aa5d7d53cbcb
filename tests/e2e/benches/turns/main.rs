//! What a turn takes: latency, bill, memory, each beside its bar. `cargo bench -p e2e`.
//!
//! Everything is measured on a real local stack over its addresses, with the rehearsal model as provider. The bill is
//! counted from what the stack's meter saw, at AWS's prices of eu-central-1's larger sisters (on demand, arm64).
#![expect(clippy::print_stdout, reason = "a benchmark's product is its table")]

mod client;
mod cost;
mod latency;
mod load;
mod long;
mod machine;
mod memory;
mod table;
mod tools;
mod world;

use anyhow::Result;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == memory::STACK) {
        return memory::serve(arguments.get(1).map(String::as_str)).await;
    }
    let wanted = |name: &str| {
        let named: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
        named.is_empty() || named.iter().any(|part| name.contains(part.as_str()))
    };
    table::head();
    if wanted("wire") {
        latency::send_to_wire().await?;
    }
    if wanted("first") {
        latency::first_frame().await?;
    }
    if wanted("frame") {
        latency::chunk_to_frame().await?;
    }
    if wanted("cost") {
        cost::turns().await?;
    }
    if wanted("memory") {
        memory::streaming_chats().await?;
    }
    if wanted("long") {
        long::conversation().await?;
    }
    if wanted("tools") {
        tools::latency().await?;
        tools::memory().await?;
    }
    if arguments.iter().any(|argument| argument == "sleep") {
        tools::sleep().await?;
    }
    if wanted("load") {
        load::many_chats().await?;
    }
    Ok(())
}
