//! The function that applies changes to stored items.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    edge::run(migrate::function).await
}
