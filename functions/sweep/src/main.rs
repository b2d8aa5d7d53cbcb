//! The function that wakes what was forgotten.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    edge::run(sweep::function).await
}
