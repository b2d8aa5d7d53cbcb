//! Migrations on the embedded DynamoDB.

#![expect(clippy::unwrap_used, reason = "tests may, the helpers that they share included")]

mod migrate {
    mod gate;
    mod killed;
    mod pace;
    mod races;
    mod runs;
    mod world;
}
