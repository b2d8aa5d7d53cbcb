//! Skills: folders with a `SKILL.md` that says what they are for.

use std::{fs, io::Read as _, path::Path};

use chat::agent::SkillMeta;
use ignore::WalkBuilder;
use serde::Deserialize;

use crate::{folder::Folder, limit};

const HOMES: [&str; 2] = [".agents/skills", ".claude/skills"];
/// Characters of a description; it is in every prompt.
const DESCRIPTION_CHARS: usize = 1_024;

#[derive(Deserialize)]
struct Front {
    name: String,
    #[serde(default)]
    description: String,
}

/// Returns the skills of a workspace by name; of two with one name the first home's.
#[must_use]
pub fn list(folder: &Folder) -> Vec<SkillMeta> {
    let mut skills: Vec<SkillMeta> = Vec::new();
    for home in HOMES {
        let Ok(entries) = fs::read_dir(folder.root().join(home)) else { continue };
        let names = entries
            .flatten()
            .take(limit::SKILL_FOLDERS)
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        for skill in names.iter().filter_map(|name| read(folder, &format!("{home}/{name}"))) {
            if skills.iter().all(|other| other.name != skill.name) {
                skills.push(skill);
            }
        }
    }
    skills.sort_by(|one, other| one.name.cmp(&other.name));
    skills.truncate(limit::SKILL_FILES);
    skills
}

fn read(folder: &Folder, dir: &str) -> Option<SkillMeta> {
    let file = folder.read(&folder.find(&format!("{dir}/SKILL.md")).ok()?).ok()?;
    let mut text = String::new();
    file.take(limit::SKILL_BYTES).read_to_string(&mut text).ok()?;
    let front: Front = serde_saphyr::from_str(split(&text)?.0).ok()?;
    let description: String = front.description.trim().chars().take(DESCRIPTION_CHARS).collect();
    is_name(&front.name).then(|| SkillMeta { name: front.name, description, dir: dir.to_owned() })
}

/// Returns a text's front matter and what follows it.
#[must_use]
pub fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text).strip_prefix("---")?;
    let rest = rest.strip_prefix('\r').unwrap_or(rest).strip_prefix('\n')?;
    let (front, body) = rest.split_once("\n---")?;
    let body = body.strip_prefix('\r').unwrap_or(body);
    Some((front, body.strip_prefix('\n').unwrap_or(body)))
}

/// Lower-case words with hyphens.
fn is_name(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.len() <= 64 && name.split('-').all(is_word)
}

/// Returns the other files of a skill, by their paths in it.
#[must_use]
pub fn files(folder: &Folder, dir: &str) -> Vec<String> {
    let root = folder.root().join(dir);
    let mut walk = WalkBuilder::new(&root);
    walk.standard_filters(false).hidden(true).max_depth(Some(6)).sort_by_file_name(std::ffi::OsStr::cmp);
    let files = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let paths = files.filter_map(|entry| Some(entry.path().strip_prefix(&root).ok()?.to_str()?.to_owned()));
    paths.filter(|path| Path::new(path) != Path::new("SKILL.md")).take(limit::SKILL_FILES).collect()
}
