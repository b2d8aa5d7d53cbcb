//! The function that runs one step of one chat.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    edge::run(step::function).await
}
