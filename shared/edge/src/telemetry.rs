//! What is logged beside the one line of each invocation.

use tracing_subscriber::{filter::LevelFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts JSON logs on standard output, from `INFO` on. A second call changes nothing.
pub fn start() {
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // It fails only where a host has set up logs before; then they are that host's.
    let _ = tracing_subscriber::registry().with(LevelFilter::INFO).with(lines).try_init();
}
