//! What only the folder of artifacts can show: its files are in reach of other programs.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use embedded::FolderArtifacts;
use store::{Artifacts, Identity, Stat, StoreError};
use tokio::time::timeout;

use crate::artifacts::read;
use crate::suite::{Embedded, Place as _};
use crate::words::{Object, noise};

/// Longer than a file must have been left alone before its times are believed.
const SETTLED: Duration = Duration::from_millis(3200);

async fn identity(artifacts: &FolderArtifacts, object: &Object) -> Option<Identity> {
    artifacts.read(&object.blob(), 0..1).await.unwrap().identity
}

/// Changes a file, waits until its times are believed, and tells its identity before and after.
async fn before_and_after(change: impl Fn(&Object, &Path)) -> [Identity; 2] {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(50_000, 1));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    assert_eq!(identity(&artifacts, &object).await, None, "a file that changed just now");
    tokio::time::sleep(SETTLED).await;
    let before = identity(&artifacts, &object).await.expect("a file that was left alone");
    for again in [&artifacts, &place.artifacts().await] {
        assert_eq!(identity(again, &object).await.as_ref(), Some(&before), "nothing changed, whoever looks");
    }
    change(&object, &artifacts.path(&object.blob()));
    let at_once = identity(&artifacts, &object).await;
    assert_ne!(at_once.as_ref(), Some(&before), "it may have changed");
    tokio::time::sleep(SETTLED).await;
    [before, identity(&artifacts, &object).await.expect("a file that was left alone")]
}

#[tokio::test]
async fn a_file_that_changed_has_another_identity() {
    let modified = |file: &Path| fs::metadata(file).unwrap().modified().unwrap();
    let set_modified = |file: &Path, to| File::options().write(true).open(file).unwrap().set_modified(to).unwrap();
    // As many bytes, and the time that anybody can set is set back.
    let written_in_place = before_and_after(|object, file| {
        let time = modified(file);
        fs::write(file, noise(object.bytes.len(), 2)).unwrap();
        set_modified(file, time);
    });
    let put_in_its_place = before_and_after(|object, file| {
        set_modified(&object.file, modified(file));
        fs::rename(&object.file, file).unwrap();
    });
    let ([before, after], [old, new]) = tokio::join!(written_in_place, put_in_its_place);
    assert_ne!(before, after);
    assert_ne!(old, new);
}

/// A power cut or a full disk can leave an object that its length gives away. Publishing again is the cure.
#[tokio::test]
async fn putting_again_heals_an_object_of_another_length() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(300_000, 1));
    let (key, file) = (object.blob(), artifacts.path(&object.blob()));
    artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
    let stat = Stat { size: 300_000, md5: object.md5() };
    let note = fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let note = note.into_iter().find(|other| *other != file).expect("its MD5 lies beside it");

    for length in [0, 1, 150_000, 299_999, 300_001] {
        let mut harmed = object.bytes.clone();
        harmed.resize(length, 0);
        fs::write(&file, harmed).unwrap();
        artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
        assert_eq!(artifacts.stat(&key).await.unwrap(), Some(stat), "{length}");
        assert!(read(&artifacts, &key, 0..300_000).await == object.bytes, "{length}");
    }
    for gone in [&file, &note] {
        fs::remove_file(gone).unwrap();
        artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
        assert_eq!(artifacts.stat(&key).await.unwrap(), Some(stat), "{}", gone.display());
        assert!(read(&artifacts, &key, 0..300_000).await == object.bytes, "{}", gone.display());
    }
}

/// Nothing is sent of what is seen to be wrong when it is opened: a device gets 503, not a cut transfer.
#[tokio::test]
async fn an_object_that_is_too_short_is_refused_when_it_is_opened() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(300_000, 1));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    fs::write(artifacts.path(&object.blob()), &object.bytes[..299_999]).unwrap();
    let refused = artifacts.read(&object.blob(), 0..300_000).await.map(|_| ());
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert!(read(&artifacts, &object.blob(), 0..1000).await == object.bytes[..1000]);
}

/// Opening a pipe, or reading one, would wait for a writer for ever.
#[tokio::test]
async fn a_pipe_in_place_of_a_file_is_refused_at_once() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    let file = artifacts.path(&object.blob());
    let pipe = |file: &Path| {
        fs::remove_file(file).unwrap();
        assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
    };
    let key = object.blob();
    let soon = Duration::from_secs(10);
    pipe(&file.with_extension("md5"));
    assert!(timeout(soon, artifacts.stat(&key)).await.expect("it hangs on the note").is_err());
    pipe(&file);
    assert!(timeout(soon, artifacts.stat(&key)).await.expect("it hangs").is_err());
    assert!(timeout(soon, artifacts.read(&key, 0..1000)).await.expect("it hangs").is_err());
}

/// Healing puts a new file in the old one's place, so whoever is reading gets what was there when it was opened.
#[tokio::test]
async fn a_reader_is_not_disturbed_by_the_cure() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(600_000, 1));
    let file = artifacts.path(&object.blob());
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    fs::write(&file, noise(500_000, 2)).unwrap();
    let opened = artifacts.read(&object.blob(), 0..500_000).await.unwrap();
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    let pieces = crate::artifacts::pieces(opened).await.unwrap();
    assert!(pieces.concat() == noise(500_000, 2));
    assert!(read(&artifacts, &object.blob(), 0..600_000).await == object.bytes);
}

#[tokio::test]
async fn a_put_that_fails_leaves_nothing() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    let missing = object.folder().join("missing");
    let failed = artifacts.put(&object.blob(), &missing, &object.md5()).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    assert_eq!(artifacts.stat(&object.blob()).await.unwrap(), None);
    assert_eq!(fs::read_dir(artifacts.work()).unwrap().count(), 0, "temporary files were left behind");
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    assert_eq!(fs::read_dir(artifacts.work()).unwrap().count(), 0, "temporary files were left behind");
}

#[tokio::test]
async fn an_unreadable_md5_is_damage_that_names_the_object() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    let note = artifacts.path(&object.blob()).with_extension("md5");
    for text in ["", "no digest", "0123  short"] {
        fs::write(&note, text).unwrap();
        let refused = artifacts.stat(&object.blob()).await;
        let Err(error @ StoreError::Damaged { .. }) = refused else { panic!("{text:?}: {refused:?}") };
        assert!(error.to_string().contains(&object.blob().to_string()), "{error}");
    }
}

/// A staged file lies in the store's own folder and is the publisher's alone: it is not copied once more.
#[tokio::test]
async fn a_temporary_file_of_the_store_is_moved_rather_than_copied() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let bytes = noise(300_000, 1);
    let staged = tempfile::NamedTempFile::new_in(artifacts.work()).unwrap();
    fs::write(staged.path(), &bytes).unwrap();
    // It may have taken long to stage; the object is new all the same.
    staged.as_file().set_modified(SystemTime::now() - Duration::from_secs(5000)).unwrap();
    let object = Object::new(bytes);
    artifacts.put(&object.blob(), staged.path(), &object.md5()).await.unwrap();
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    let kept = artifacts.path(&object.blob());
    assert_eq!(inode(&kept), inode(staged.path()));
    assert!(artifacts.list().await.unwrap()[0].age < Duration::from_secs(600));
    check_left(&artifacts, &[staged.path()]);
    // Neither putting it again nor its end changes anything, and it is put anew where the object went away.
    for harm in [None, Some(&kept), Some(&kept.with_extension("md5"))] {
        harm.map_or(Ok(()), fs::remove_file).unwrap();
        artifacts.put(&object.blob(), staged.path(), &object.md5()).await.unwrap();
        assert!(read(&artifacts, &object.blob(), 0..300_000).await == object.bytes);
        check_left(&artifacts, &[staged.path()]);
    }
    drop(staged);
    assert!(read(&artifacts, &object.blob(), 0..300_000).await == object.bytes);
    check_left(&artifacts, &[]);
}

#[tokio::test]
async fn a_file_elsewhere_is_copied() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    // Beside the store's folder for temporary files, and below it.
    let below = artifacts.work().join("below");
    fs::create_dir(&below).unwrap();
    for (seed, folder) in [artifacts.work().join(".."), below].into_iter().enumerate() {
        let object = Object::new(noise(200_000, seed as u32));
        let source = folder.join("source");
        fs::write(&source, &object.bytes).unwrap();
        artifacts.put(&object.blob(), &source, &object.md5()).await.unwrap();
        assert_ne!(fs::metadata(artifacts.path(&object.blob())).unwrap().ino(), fs::metadata(&source).unwrap().ino());
        // Whoever owns the file goes on with it.
        fs::write(&source, noise(200_000, 9)).unwrap();
        assert!(read(&artifacts, &object.blob(), 0..200_000).await == object.bytes);
        fs::remove_file(&source).unwrap();
        assert!(read(&artifacts, &object.blob(), 0..200_000).await == object.bytes);
    }
}

/// Its bytes stay in reach of whoever opened it in time.
#[tokio::test]
async fn a_reader_is_not_disturbed_by_a_collector() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(600_000, 1));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    let opened = artifacts.read(&object.blob(), 0..600_000).await.unwrap();
    artifacts.set_aside(&object.blob()).await.unwrap();
    artifacts.discard(&object.blob()).await.unwrap();
    assert!(crate::artifacts::pieces(opened).await.unwrap().concat() == object.bytes);
    let folder = artifacts.path(&object.blob());
    let left = fs::read_dir(folder.parent().unwrap()).unwrap().count();
    assert_eq!(left, 0, "its MD5 is left behind");
}

#[tokio::test]
async fn what_is_no_object_is_not_listed() {
    let place = Embedded::new().await;
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    let beside = artifacts.path(&object.blob());
    for name in ["README", ".hidden", "0123", &format!("{}.bak", object.blob().sha256())] {
        fs::write(beside.with_file_name(name), "not an object").unwrap();
    }
    let listed = artifacts.list().await.unwrap();
    assert_eq!(listed.iter().map(|stored| stored.key).collect::<Vec<_>>(), [object.blob()]);
}

/// That these temporary files are there and no others.
fn check_left(artifacts: &FolderArtifacts, expected: &[&Path]) {
    let left: Vec<_> = fs::read_dir(artifacts.work()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, expected, "temporary files");
}
