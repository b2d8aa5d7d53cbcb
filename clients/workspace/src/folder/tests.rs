use std::{io::Read as _, os::unix::fs::symlink};

use super::*;

fn world() -> (tempfile::TempDir, Folder) {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("work");
    fs::create_dir_all(inner.join("a/b")).unwrap();
    fs::write(inner.join("a/file"), "inside").unwrap();
    fs::write(outer.path().join("secret"), "outside").unwrap();
    let folder = Folder::open(&inner).unwrap();
    (outer, folder)
}

fn text(folder: &Folder, path: &str) -> Result<String, String> {
    let read = || {
        let mut text = String::new();
        folder.read(&folder.find(path)?)?.read_to_string(&mut text).unwrap();
        Ok(text)
    };
    read().map_err(|refusal: Refusal| refusal.to_string())
}

#[test]
fn paths_inside_are_found_however_they_are_written() {
    let (_outer, folder) = world();
    let absolute = folder.root().join("a/file").display().to_string();
    symlink("a/file", folder.root().join("link")).unwrap();
    symlink(folder.root().join("a"), folder.root().join("absolute-link")).unwrap();
    for path in ["a/file", "./a/file", "a/b/../file", "a//file", "link", "absolute-link/file", &absolute] {
        assert_eq!(text(&folder, path).as_deref(), Ok("inside"), "{path}");
    }
}

#[test]
fn no_path_leads_out() {
    let (outer, folder) = world();
    symlink("../secret", folder.root().join("out")).unwrap();
    symlink(outer.path(), folder.root().join("up")).unwrap();
    symlink("/proc/self/root", folder.root().join("magic")).unwrap();
    let absolute = outer.path().join("secret").display().to_string();
    for path in
        ["../secret", "a/../../secret", "out", "up/secret", "magic/etc/passwd", "/etc/passwd", &absolute]
    {
        let refusal = text(&folder, path).unwrap_err();
        let expected = format!("{path} is outside the folder {}, where tools work", folder.root().display());
        assert_eq!(refusal, expected);
        assert_eq!(folder.place(path).unwrap_err().to_string(), expected);
    }
    let refusal = folder.place("up/new/file").unwrap_err().to_string();
    assert!(refusal.contains("is outside the folder"), "{refusal}");
}

#[test]
fn a_link_that_is_swapped_in_after_the_look_is_not_followed() {
    let (outer, folder) = world();
    let place = folder.find("a/file").unwrap();
    let new = folder.place("a/b/new").unwrap();
    fs::remove_dir_all(folder.root().join("a")).unwrap();
    fs::create_dir(outer.path().join("b")).unwrap();
    fs::write(outer.path().join("file"), "outside").unwrap();
    symlink(outer.path(), folder.root().join("a")).unwrap();
    assert!(folder.read(&place).is_err());
    assert!(folder.prepare(&new, b"x").is_err());
    assert!(!outer.path().join("b/new").exists());
}

#[test]
fn no_link_is_followed_where_the_system_does_not_see_to_it() {
    let (outer, folder) = world();
    symlink(outer.path(), folder.root().join("up")).unwrap();
    symlink("file", folder.root().join("a/link")).unwrap();
    let open = |path: &str| folder.step_by_step(Path::new(path), OFlags::RDONLY | OFlags::CLOEXEC);
    for path in ["up/secret", "../secret", "a/../../secret", "up", "a/link"] {
        assert!(open(path).is_err(), "{path}");
    }
    for path in ["a/file", "a/b", "a", "."] {
        assert!(open(path).is_ok(), "{path}");
    }
}

#[test]
fn what_is_no_file_is_said_to_be_none() {
    let (_outer, folder) = world();
    let pipe = folder.root().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::from_raw_mode(0o600)).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.root().join("socket")).unwrap();
    symlink("nowhere", folder.root().join("dangling")).unwrap();
    symlink("loop", folder.root().join("loop")).unwrap();
    assert_eq!(text(&folder, "a").unwrap_err(), "a is a folder, not a file");
    assert_eq!(text(&folder, "pipe").unwrap_err(), "pipe is a pipe, not a file");
    assert!(text(&folder, "socket").is_err());
    assert_eq!(text(&folder, "dangling").unwrap_err(), "dangling: is a symbolic link that leads nowhere");
    assert!(text(&folder, "loop").is_err());
    assert_eq!(text(&folder, "none").unwrap_err(), "none does not exist");
    assert_eq!(
        text(&folder, "a/file/x").unwrap_err(),
        "a/file/x: something on the way there is not a folder"
    );
    assert!(text(&folder, "").is_err());
    assert!(folder.prepare(&folder.place("pipe").unwrap(), b"x").is_err());
    assert!(folder.prepare(&folder.place(".").unwrap(), b"x").is_err());
}

#[test]
fn a_written_file_is_whole_or_not_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_outer, folder) = world();
    let script = folder.root().join("a/file");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o750)).unwrap();
    let mut prepared = folder.prepare(&folder.place("a/file").unwrap(), b"new").unwrap();
    assert_eq!(text(&folder, "a/file").as_deref(), Ok("inside"));
    prepared.put().unwrap();
    assert_eq!(text(&folder, "a/file").as_deref(), Ok("new"));
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o750);
    prepared.restore(b"inside").unwrap();
    assert_eq!(text(&folder, "a/file").as_deref(), Ok("inside"));
    drop(folder.prepare(&folder.place("x/y/z").unwrap(), b"never").unwrap());
    assert_eq!(fs::read_dir(folder.root().join("x/y")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(folder.root().join("a")).unwrap().count(), 2);
}
