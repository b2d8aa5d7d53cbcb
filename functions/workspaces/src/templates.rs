//! `GET /v1/templates`

use chat::workspace::{TEMPLATES_PER_PAGE, Template, TemplateView};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

/// The last page that is looked for.
const PAGES: usize = 1_000;

#[derive(Serialize)]
struct Page {
    templates: Vec<TemplateView>,
    page: usize,
    total_pages: usize,
    total_count: usize,
}

pub(crate) fn run(templates: &[Template], request: &Request) -> Result<Reply, Rejection> {
    let query = request.query.one("query")?.unwrap_or_default();
    let expected = "a number from 1 to 1000";
    let page = request.query.parsed::<usize>("page", expected)?.unwrap_or(1);
    if !(1..=PAGES).contains(&page) {
        return Err(Rejection::field("page", format!("must be {expected}")));
    }
    let found: Vec<&Template> = templates.iter().filter(|template| template.matches(query)).collect();
    let shown = found.iter().skip((page - 1) * TEMPLATES_PER_PAGE).take(TEMPLATES_PER_PAGE);
    let templates = shown.map(|template| template.view()).collect();
    let total_pages = found.len().div_ceil(TEMPLATES_PER_PAGE).max(1);
    Ok(Reply::json(200, &Page { templates, page, total_pages, total_count: found.len() }))
}
