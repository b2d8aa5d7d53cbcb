//! `PUT /v1/settings/{name}`

use chat::{
    catalogue::{Edit, Limits, ModelOverrides, Retention, Settings, SystemPrompt},
    port::{Clock, Person},
    spend::Day,
};
use edge::{Rejection, Reply, Request};

use super::{Name, PlanInstructions};
use crate::{App, SettingPorts, change, fields::Fields};

/// The longest that something is kept, in days.
const DAYS: u16 = 3_650;

/// A setting as it shall be; what is not said is its default.
enum Wanted {
    SystemPrompt(SystemPrompt),
    PlanInstructions(PlanInstructions),
    Limits(Limits),
    Retention(Retention),
    ModelOverrides(ModelOverrides),
}

pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    put(app, admin, Name::read(request.name())?, request).await
}

/// Puts a setting; what a ceiling of the organisation counts begins with what was spent in the period that runs.
pub(crate) async fn put<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    name: Name,
    request: &Request,
) -> Result<Reply, Rejection> {
    let wanted = Wanted::read(name, request)?;
    wanted.check()?;
    let next = change::edit(app, |stored| {
        let mut settings = stored.settings.clone();
        wanted.apply(&mut settings);
        Ok(Edit::PutSettings(Box::new(settings)))
    })
    .await?;
    if let (Name::Limits, Some(period)) = (name, next.settings.limits.org_period()) {
        let today = Day::of(app.clock.now());
        app.ports.seed_ceiling(admin.org_id, period.since(today), today).await?;
    }
    Ok(name.reply(&next.settings))
}

impl Wanted {
    fn read(name: Name, request: &Request) -> Result<Self, Rejection> {
        match name {
            Name::SystemPrompt => request.json().map(Self::SystemPrompt),
            Name::PlanInstructions => request.json().map(Self::PlanInstructions),
            Name::Limits => request.json().map(Self::Limits),
            Name::Retention => request.json().map(Self::Retention),
            Name::ModelOverrides => request.json().map(Self::ModelOverrides),
        }
    }

    fn check(&self) -> Result<(), Rejection> {
        let mut fields = Fields::default();
        match self {
            Self::SystemPrompt(wanted) => fields.prompt("system_prompt", &wanted.system_prompt),
            Self::PlanInstructions(wanted) => fields.prompt("plan_instructions", &wanted.plan_instructions),
            Self::Retention(Retention { retention_days, auto_archive_days }) => {
                let message = format!("must be 0 to {DAYS}");
                fields.must(*retention_days <= DAYS, "retention_days", &message);
                fields.must(*auto_archive_days <= DAYS, "auto_archive_days", &message);
            }
            Self::Limits(_) | Self::ModelOverrides(_) => {}
        }
        fields.done()
    }

    fn apply(&self, settings: &mut Settings) {
        match self {
            Self::SystemPrompt(wanted) => settings.system_prompt.clone_from(wanted),
            Self::PlanInstructions(wanted) => {
                settings.plan_instructions.clone_from(&wanted.plan_instructions);
            }
            Self::Limits(wanted) => settings.limits = *wanted,
            Self::Retention(wanted) => settings.retention = *wanted,
            Self::ModelOverrides(wanted) => settings.model_overrides = *wanted,
        }
    }
}
