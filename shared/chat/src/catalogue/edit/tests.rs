use uuid::Uuid;

use super::*;
use crate::{
    catalogue::{KeyPolicy, ModelOverrides, ProviderKind},
    model::Api,
    time::Timestamp,
};

fn provider(id: u128, name: &str) -> Provider {
    Provider {
        id: ProviderId(Uuid::from_u128(id)),
        kind: ProviderKind::Openai,
        name: name.into(),
        base_url: None,
        enabled: true,
        keys: KeyPolicy::default(),
        sealed_key: None,
        preset: false,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn model(id: u128) -> ModelConfig {
    let id = ModelId(Uuid::from_u128(id));
    let plain = ModelConfig::plain(id, ProviderKind::Openai, Api::OpenaiResponses, "m", 100);
    ModelConfig { provider_id: ProviderId(Uuid::from_u128(1)), provider: "one".into(), ..plain }
}

fn put(model: ModelConfig) -> Edit {
    Edit::PutModel(Box::new(model))
}

/// Makes these edits, one after the other, of a catalogue with one provider.
fn edited(edits: Vec<Edit>) -> Catalogue {
    let first = Edit::PutProvider(Box::new(provider(1, "one")));
    std::iter::once(first).chain(edits).fold(Catalogue::default(), |catalogue, edit| {
        catalogue.edit(&Catalogue::default(), edit).unwrap().catalogue
    })
}

fn refused(catalogue: &Catalogue, edit: Edit) -> EditRefusal {
    catalogue.edit(&Catalogue::default(), edit).unwrap_err()
}

/// Returns which models are the default.
fn defaults(catalogue: &Catalogue) -> Vec<u128> {
    catalogue.models.iter().filter(|model| model.is_default).map(|model| model.id.0.as_u128()).collect()
}

#[test]
fn the_first_model_is_the_default() {
    assert_eq!(defaults(&edited(vec![put(model(5)), put(model(6))])), [5]);
}

#[test]
fn a_new_default_takes_the_place_of_the_old_one() {
    let catalogue = edited(vec![put(model(5)), put(ModelConfig { is_default: true, ..model(6) })]);
    assert_eq!(defaults(&catalogue), [6]);
}

#[test]
fn where_the_default_goes_the_oldest_that_is_on_takes_its_place() {
    let off = ModelConfig { enabled: false, ..model(6) };
    let three = vec![put(model(5)), put(off.clone()), put(model(7))];
    let mut catalogue = edited(three);
    catalogue = catalogue
        .edit(&Catalogue::default(), Edit::DeleteModel(ModelId(Uuid::from_u128(5))))
        .unwrap()
        .catalogue;
    assert_eq!(defaults(&catalogue), [7]);
    let refusal = refused(&catalogue, put(ModelConfig { is_default: true, ..off }));
    assert_eq!(refusal, EditRefusal::DefaultDisabled);
}

#[test]
fn a_default_that_is_switched_off_is_followed_by_another() {
    let off = ModelConfig { enabled: false, is_default: true, ..model(5) };
    assert_eq!(defaults(&edited(vec![put(model(5)), put(model(6)), put(off)])), [6]);
}

#[test]
fn a_default_that_is_given_up_with_nobody_else_stays() {
    let given_up = ModelConfig { is_default: false, ..model(5) };
    assert_eq!(defaults(&edited(vec![put(model(5)), put(given_up)])), [5]);
}

#[test]
fn only_what_changed_is_written() {
    let catalogue = edited(vec![put(model(5)), put(model(6))]);
    let promoted = put(ModelConfig { is_default: true, ..model(6) });
    let Edited { catalogue: next, puts, deletes } = catalogue.edit(&Catalogue::default(), promoted).unwrap();
    assert_eq!(next.version, catalogue.version + 1);
    let keys: Vec<_> = puts.iter().map(Entry::key).collect();
    assert_eq!(keys, [5, 6].map(|id| EntryKey::Model(ModelId(Uuid::from_u128(id)))));
    assert!(deletes.is_empty());
}

#[test]
fn what_is_in_use_stays() {
    let catalogue = edited(vec![put(model(5))]);
    let one = ProviderId(Uuid::from_u128(1));
    assert_eq!(refused(&catalogue, Edit::DeleteProvider(one)), EditRefusal::InUse);
    let two = ProviderId(Uuid::from_u128(2));
    assert_eq!(refused(&catalogue, Edit::DeleteProvider(two)), EditRefusal::Unknown("provider"));
    let taken = Edit::PutProvider(Box::new(provider(2, "one")));
    assert_eq!(refused(&catalogue, taken), EditRefusal::NameTaken);
}

#[test]
fn a_renamed_provider_takes_its_models_along() {
    let renamed = Edit::PutProvider(Box::new(provider(1, "uno")));
    assert_eq!(edited(vec![put(model(5)), renamed]).models[0].provider, "uno");
}

#[test]
fn a_model_that_goes_is_overridden_with_no_more() {
    let id = ModelId(Uuid::from_u128(5));
    let overrides = ModelOverrides { title: Some(id), ..ModelOverrides::default() };
    let settings = Settings { model_overrides: overrides, ..Settings::default() };
    let put_settings = || Edit::PutSettings(Box::new(settings.clone()));
    let catalogue = edited(vec![put(model(5)), put_settings(), Edit::DeleteModel(id)]);
    assert_eq!(catalogue.settings.model_overrides.title, None);
    assert_eq!(refused(&catalogue, put_settings()), EditRefusal::NoSuchModel);
}

#[test]
fn what_the_environment_presets_is_not_edited_here() {
    let mut presets = Catalogue::default();
    presets.providers.push(Arc::new(Provider { preset: true, ..provider(9, "env") }));
    presets.models.push(Arc::new(ModelConfig { is_default: true, ..model(9) }));
    let nothing = Catalogue::default();
    let of_provider = Edit::PutProvider(Box::new(provider(9, "mine")));
    assert_eq!(nothing.edit(&presets, of_provider).unwrap_err(), EditRefusal::Preset("provider"));
    let named = Edit::PutProvider(Box::new(provider(8, "env")));
    assert_eq!(nothing.edit(&presets, named).unwrap_err(), EditRefusal::NameTaken);
    assert_eq!(nothing.edit(&presets, put(model(9))).unwrap_err(), EditRefusal::Preset("model"));
}

/// Returns which model is the default beside a preset one of this kind, after these edits.
fn defaults_beside(kind: ProviderKind, edits: Vec<Edit>) -> Vec<u128> {
    let mut presets = Catalogue::default();
    presets.models.push(Arc::new(ModelConfig { is_default: true, kind, ..model(9) }));
    let first = Edit::PutProvider(Box::new(provider(1, "one")));
    let stored = std::iter::once(first)
        .chain(edits)
        .fold(Catalogue::default(), |stored, edit| stored.edit(&presets, edit).unwrap().catalogue);
    defaults(&stored.with_presets(&presets))
}

#[test]
fn a_preset_default_stays_until_another_is_asked_for() {
    let beside = |edits| defaults_beside(ProviderKind::Anthropic, edits);
    let asked = || put(ModelConfig { is_default: true, ..model(5) });
    let off = || put(ModelConfig { enabled: false, ..model(5) });
    assert_eq!(beside(vec![]), [9]);
    assert_eq!(beside(vec![put(model(5))]), [9]);
    assert_eq!(beside(vec![asked(), put(model(6))]), [5]);
    assert_eq!(beside(vec![off()]), [9]);
    assert_eq!(beside(vec![asked(), off()]), [9]);
    assert_eq!(beside(vec![asked(), put(model(5))]), [9], "it was given back");
}

#[test]
fn a_rehearsal_model_makes_room_for_a_real_one() {
    let beside = |edits| defaults_beside(ProviderKind::Rehearsal, edits);
    assert_eq!(beside(vec![]), [9]);
    assert_eq!(beside(vec![put(model(5))]), [5]);
    assert_eq!(beside(vec![put(ModelConfig { enabled: false, ..model(5) })]), [9]);
}

#[test]
fn where_a_preset_default_is_gone_a_stored_model_takes_its_place() {
    let mut stored = edited(vec![put(model(5))]);
    stored.resign();
    assert_eq!(defaults(&stored.with_presets(&Catalogue::default())), [5]);
}

#[test]
fn a_setting_does_not_fail_for_an_override_that_went_with_its_preset() {
    let gone = ModelOverrides { title: Some(ModelId(Uuid::from_u128(9))), ..ModelOverrides::default() };
    let stored =
        Catalogue { settings: Settings { model_overrides: gone, ..Settings::default() }, ..edited(vec![]) };
    let settings = Settings { plan_instructions: "plan".into(), ..stored.settings.clone() };
    let next = stored.edit(&Catalogue::default(), Edit::PutSettings(Box::new(settings))).unwrap();
    assert_eq!(next.catalogue.settings.plan_instructions, "plan");
}

#[test]
fn what_is_stored_is_the_catalogue_again() {
    let catalogue = edited(vec![put(model(5)), put(model(6))]);
    let json = serde_json::to_string(&catalogue.entries()).unwrap();
    let entries: Vec<Entry> = serde_json::from_str(&json).unwrap();
    assert_eq!(Catalogue::of(catalogue.version, entries), catalogue);
}
