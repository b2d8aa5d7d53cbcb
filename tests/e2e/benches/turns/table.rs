//! The table: a figure, and its bar beside it.

/// A measured figure.
pub(crate) struct Row<'a> {
    pub(crate) what: &'a str,
    pub(crate) figure: f64,
    pub(crate) unit: &'a str,
    /// The most that it may be; none for figures that only inform.
    pub(crate) bar: Option<f64>,
}

pub(crate) fn head() {
    println!("{:<66} {:>11} {:<10} {:>9}", "what", "figure", "unit", "bar");
}

pub(crate) fn row(row: &Row<'_>) {
    let Row { what, figure, unit, bar } = row;
    let (bar, verdict) = match bar {
        Some(bar) => (format!("≤ {bar}"), if figure <= bar { "ok" } else { "ABOVE" }),
        None => (String::new(), ""),
    };
    println!("{what:<66} {figure:>11.2} {unit:<10} {bar:>9} {verdict}");
}

/// Returns the `percent` percentile of unsorted samples.
pub(crate) fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    let index = (samples.len() * percent / 100).min(samples.len().saturating_sub(1));
    samples.get(index).copied().unwrap_or(f64::NAN)
}
