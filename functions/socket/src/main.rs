//! The function that answers what clients send on sockets.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    edge::run(socket::function).await
}
