//! What workspaces are made from, as models see it.

use chat::{
    port::{AskModel, HoldWake},
    workspace::{TEMPLATES_PER_PAGE, Template},
};
use serde_json::json;

use super::{Step, StepPorts};
use crate::route::Said;

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    pub(super) fn list_templates(&self, query: Option<&str>, page: usize) -> Said {
        let matches = |template: &&Template| query.is_none_or(|query| template.matches(query));
        let found: Vec<&Template> = self.worker.templates.iter().filter(matches).collect();
        let skipped = page.saturating_sub(1).saturating_mul(TEMPLATES_PER_PAGE);
        let shown: Vec<_> =
            found.iter().skip(skipped).take(TEMPLATES_PER_PAGE).map(|one| brief(one)).collect();
        Ok(json!({
            "templates": shown,
            "count": shown.len(),
            "page": page,
            "total_pages": found.len().div_ceil(TEMPLATES_PER_PAGE),
            "total_count": found.len(),
        }))
    }

    pub(super) fn read_template(&self, id: &str) -> Said {
        let found = self.worker.templates.iter().find(|template| template.id == id);
        let template = found.ok_or_else(|| unknown(id))?;
        Ok(json!(template.view()))
    }
}

fn brief(template: &Template) -> serde_json::Value {
    json!({
        "id": template.id,
        "name": template.name,
        "display_name": template.display_name,
        "description": template.description,
    })
}

fn unknown(id: &str) -> String {
    format!("there is no template {id}; list_templates names them")
}
