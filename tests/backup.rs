//! Backups of nodes at work, and what is restored from them; with real processes.

use crate::support::{
    self, Federation, PATIENCE, Ran, contributions, copy, eventually, run, yizhang,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Instant,
};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";

const GUANGDONG: u32 = 440_000;
const OTHERS: [u32; 2] = [110_000, 330_000];

fn federation() -> Federation {
    let [a, b] = OTHERS;
    let mut federation = Federation::found(&[GUANGDONG, a, b]);
    federation.start_all();
    federation
}

fn import(federation: &Federation, name: &str, months: u32) {
    let rows = contributions(WORKER, 440_300, months, name);
    let file = federation.file(&format!("{name}.csv"), &rows);
    federation.import(GUANGDONG, &file, &[]).expect(0);
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn back_up(federation: &Federation, to: &Path) -> Ran {
    let dir = federation.node_dir(GUANGDONG);
    run(&["node", "backup", "--dir", text(&dir), "--to", text(to)])
}

fn restore(federation: &Federation, from: &Path) -> Ran {
    let dir = federation.node_dir(GUANGDONG);
    run(&["node", "restore", "--from", text(from), "--dir", text(&dir)])
}

/// Where backups go.
fn place(federation: &Federation) -> PathBuf {
    federation.path().join("backup")
}

fn lose_disk(federation: &mut Federation) {
    federation.kill(GUANGDONG);
    fs::remove_dir_all(federation.node_dir(GUANGDONG).join("data")).unwrap();
}

/// Entries of a chain in a backup, by its manifest.
fn backed_up(backup: &Path, chain: u32) -> u64 {
    let manifest = fs::read_to_string(backup.join("backup")).unwrap();
    let name = format!("/{chain} ");
    let mut lines = manifest.lines().filter(|line| line.starts_with("chain "));
    let line = lines.find(|line| line.contains(&name)).unwrap();
    line.split(' ').nth(2).unwrap().parse().unwrap()
}

fn account(federation: &Federation, node: u32) -> String {
    federation.lookup(node, WORKER, &[]).expect(0).stdout
}

/// No node holds evidence against a chain, and all hold the same of Guangdong's.
fn expect_one_history(federation: &Federation) {
    let size = federation.size(GUANGDONG, GUANGDONG);
    for other in OTHERS {
        eventually("the chain is everywhere", || {
            federation.size(other, GUANGDONG) == size
        });
    }
    for node in [GUANGDONG, OTHERS[0], OTHERS[1]] {
        let status = federation.status(node).unwrap();
        for chain in status["chains"].as_array().unwrap() {
            assert_eq!(chain["quarantined"], false, "{status}");
        }
        assert_eq!(account(federation, node), account(federation, GUANGDONG));
    }
}

#[test]
fn a_backup_is_made_while_files_are_imported_and_what_is_restored_goes_on_where_the_others_are() {
    let mut federation = federation();
    import(&federation, "before", 40);
    let backup = place(&federation);
    let is_done = AtomicBool::new(false);
    let sizes = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut count = 0;
            while !is_done.load(Ordering::Relaxed) {
                import(&federation, &format!("load-{count}"), 60);
                count += 1;
            }
        });
        let mut sizes = Vec::new();
        let start = Instant::now();
        // Until something has come in between two of them, however slow the machine is.
        while sizes.len() < 6 || sizes.first() == sizes.last() {
            assert!(start.elapsed() < PATIENCE, "{sizes:?}");
            back_up(&federation, &backup).expect(0);
            sizes.push(backed_up(&backup, GUANGDONG));
        }
        is_done.store(true, Ordering::Relaxed);
        load.join().unwrap();
        sizes
    });
    assert!(sizes.is_sorted(), "{sizes:?}");
    for other in OTHERS {
        federation.wait_replicated(GUANGDONG, other);
    }
    let said = account(&federation, GUANGDONG);
    let held = federation.size(GUANGDONG, GUANGDONG);
    lose_disk(&mut federation);

    let ran = restore(&federation, &backup).expect(0);
    assert!(
        ran.stdout.contains("Restored from a backup of"),
        "{}",
        ran.stdout
    );
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    // The others had more than the backup: it came back before anything was signed.
    assert!(federation.size(GUANGDONG, GUANGDONG) >= held);
    assert_eq!(account(&federation, GUANGDONG), said);
    import(&federation, "after", 12);
    expect_one_history(&federation);
    back_up(&federation, &backup).expect(0);
    federation.stop(GUANGDONG);
    let dir = federation.node_dir(GUANGDONG);
    run(&["node", "check", "--dir", text(&dir)]).expect(0);
}

#[test]
fn a_second_backup_copies_only_what_is_new_and_nobody_else_may_read_it() {
    let federation = federation();
    import(&federation, "first", 40);
    let backup = place(&federation);
    back_up(&federation, &backup).expect(0);
    let segment = backup.join("chains/440000/00000000000000000000.seg");
    let first = fs::read(&segment).unwrap();
    let ran = back_up(&federation, &backup).expect(0);
    assert!(
        ran.stdout.contains("The backup holds all of this"),
        "{}",
        ran.stdout
    );
    assert_eq!(fs::read(&segment).unwrap(), first);
    import(&federation, "second", 40);
    eventually("the head is written", || {
        back_up(&federation, &backup).expect(0);
        fs::read(&segment).unwrap().len() > first.len()
    });
    assert!(fs::read(&segment).unwrap().starts_with(&first));

    for path in ["backup", "chains/440000/00000000000000000000.seg", "access"] {
        let mode = fs::metadata(backup.join(path))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{path}");
    }
    // No key, no secret: only what a data directory has, and rosters.
    let mut names: Vec<String> = fs::read_dir(&backup)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["LOCK", "access", "backup", "chains", "journal"]);
    // What is in it can be audited as it is.
    let auditor = federation.auditor();
    run(&["audit", "--dir", text(&backup), "--credentials", &auditor]).expect(0);
}

#[test]
fn a_restored_old_backup_signs_nothing_before_it_has_what_the_others_hold() {
    let mut federation = federation();
    import(&federation, "first", 40);
    let backup = place(&federation);
    back_up(&federation, &backup).expect(0);
    let old = backed_up(&backup, GUANGDONG);
    for name in ["second", "third", "fourth"] {
        import(&federation, name, 40);
    }
    for other in OTHERS {
        federation.wait_replicated(GUANGDONG, other);
    }
    let held = federation.size(GUANGDONG, GUANGDONG);
    assert!(old < held);
    lose_disk(&mut federation);
    for other in OTHERS {
        federation.stop(other);
    }
    restore(&federation, &backup).expect(0);

    // Alone it waits, and takes nothing.
    federation.start(GUANGDONG);
    federation.wait_for_start(GUANGDONG);
    let status = federation.status(GUANGDONG).unwrap();
    assert_eq!(status["ready"], false, "{status}");
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), old);
    for other in OTHERS {
        federation.start(other);
    }
    federation.wait_ready(GUANGDONG);
    assert!(federation.size(GUANGDONG, GUANGDONG) >= held);
    import(&federation, "fifth", 12);
    expect_one_history(&federation);
}

#[test]
fn a_backup_that_was_cut_is_what_it_was_and_the_next_one_takes_up_what_it_wrote() {
    let mut federation = federation();
    import(&federation, "first", 40);
    let backup = place(&federation);
    back_up(&federation, &backup).expect(0);
    let first = backed_up(&backup, GUANGDONG);
    let cut = federation.path().join("cut");
    copy(&backup, &cut);
    import(&federation, "second", 80);
    eventually("the head is written", || {
        back_up(&federation, &backup).expect(0);
        backed_up(&backup, GUANGDONG) > first
    });
    // Cut before the manifest, in the middle of a frame: the files go further than it says.
    let manifest = fs::read(cut.join("backup")).unwrap();
    fs::remove_dir_all(&cut).unwrap();
    copy(&backup, &cut);
    fs::write(cut.join("backup"), manifest).unwrap();
    let segment = cut.join("chains/440000/00000000000000000000.seg");
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 100]).unwrap();

    let other = federation.path().join("other");
    copy(&cut, &other);
    back_up(&federation, &other).expect(0);
    assert!(backed_up(&other, GUANGDONG) >= backed_up(&backup, GUANGDONG));
    let again = fs::read(other.join("chains/440000/00000000000000000000.seg")).unwrap();
    assert!(again.starts_with(&whole));

    lose_disk(&mut federation);
    // The journal of the backup before is gone with the one that was finished: that one alone is not what it was.
    let ran = restore(&federation, &other).expect(0);
    assert!(ran.stdout.contains("Guangdong"), "{}", ran.stdout);
}

#[test]
fn damage_in_a_backup_is_found_with_its_file_and_place_and_nothing_is_restored() {
    let mut federation = federation();
    import(&federation, "first", 40);
    // Somebody has read, so that there is a day of the access log.
    let _ = account(&federation, GUANGDONG);
    let backup = place(&federation);
    back_up(&federation, &backup).expect(0);
    lose_disk(&mut federation);
    let data = federation.node_dir(GUANGDONG).join("data");

    let day = fs::read_dir(backup.join("access"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let journal = fs::read_dir(backup.join("journal"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let segment = backup.join("chains/440000/00000000000000000000.seg");
    for (path, offset) in [(&segment, 700), (&journal, 40), (&day, 150)] {
        let sound = fs::read(path).unwrap();
        let mut changed = sound.clone();
        changed[offset] ^= 1;
        fs::write(path, changed).unwrap();
        let ran = restore(&federation, &backup).expect(4);
        assert!(ran.stderr.contains(text(path)), "{}", ran.stderr);
        assert!(ran.stderr.contains("byte"), "{}", ran.stderr);
        assert!(!data.exists() && !data.with_extension("restoring").exists());
        // Cut off is found, too.
        fs::write(path, &sound[..sound.len() - 1]).unwrap();
        let ran = restore(&federation, &backup).expect(4);
        assert!(ran.stderr.contains(text(path)), "{}", ran.stderr);
        fs::write(path, sound).unwrap();
    }
    let manifest = backup.join("backup");
    let sound = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, sound.replacen("peak ", "peak  ", 1)).unwrap();
    restore(&federation, &backup).expect(4);
    fs::write(&manifest, sound).unwrap();
    restore(&federation, &backup).expect(0);
}

#[test]
fn a_directory_with_data_and_the_backup_of_another_node_are_refused() {
    let mut federation = federation();
    import(&federation, "first", 40);
    let backup = place(&federation);
    back_up(&federation, &backup).expect(0);
    let ran = restore(&federation, &backup).expect(4);
    assert!(ran.stderr.contains("is not empty"), "{}", ran.stderr);

    let other = federation.node_dir(OTHERS[0]);
    let ran = run(&[
        "node",
        "backup",
        "--dir",
        text(&other),
        "--to",
        text(&backup),
    ])
    .expect(4);
    assert!(
        ran.stderr.contains("the backup is that of"),
        "{}",
        ran.stderr
    );
    federation.kill(OTHERS[0]);
    fs::remove_dir_all(other.join("data")).unwrap();
    let ran = run(&[
        "node",
        "restore",
        "--from",
        text(&backup),
        "--dir",
        text(&other),
    ])
    .expect(4);
    assert!(
        ran.stderr.contains("the backup is that of"),
        "{}",
        ran.stderr
    );

    let stranger = federation.path().join("stranger");
    fs::create_dir(&stranger).unwrap();
    fs::write(stranger.join("letter"), "private").unwrap();
    let ran = back_up(&federation, &stranger).expect(4);
    assert!(ran.stderr.contains("is not empty"), "{}", ran.stderr);
    let ran = restore(&federation, &stranger).expect(4);
    assert!(
        ran.stderr.contains("is not empty") || ran.stderr.contains("no backup"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_backup_may_be_named_without_a_folder() {
    let mut federation = federation();
    import(&federation, "first", 12);
    let dir = federation.node_dir(GUANGDONG);
    let here = |arguments: &[&str]| {
        let mut command = yizhang(arguments);
        command.current_dir(&dir).status().unwrap().code()
    };
    let back_up = ["node", "backup", "--dir", ".", "--to", "copied"];
    assert_eq!(here(&back_up), Some(0));
    lose_disk(&mut federation);
    let restore = ["node", "restore", "--from", "copied", "--dir", "."];
    assert_eq!(here(&restore), Some(0));
    assert!(dir.join("data/format").exists());
}

#[test]
fn a_lost_disk_comes_back_from_the_others_without_a_backup() {
    let mut federation = federation();
    import(&federation, "first", 40);
    for other in OTHERS {
        federation.wait_replicated(GUANGDONG, other);
    }
    let said = account(&federation, GUANGDONG);
    lose_disk(&mut federation);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(account(&federation, GUANGDONG), said);
    import(&federation, "second", 12);
    expect_one_history(&federation);
}

#[test]
fn the_second_process_on_one_directory_refuses_to_start() {
    let mut federation = federation();
    import(&federation, "first", 12);
    let dir = federation.node_dir(GUANGDONG);
    // On another port, so that nothing but the directory is in its way.
    let configuration = dir.join("node.toml");
    let text_of = fs::read_to_string(&configuration).unwrap();
    let listen = support::listen_on_quiet_port().local_addr().unwrap();
    let mut changed: toml::Table = text_of.parse().unwrap();
    changed.insert("listen".into(), listen.to_string().into());
    fs::write(&configuration, changed.to_string()).unwrap();
    let ran = run(&["node", "run", "--dir", text(&dir)]).expect(4);
    assert!(
        ran.stderr.contains("in use by another process"),
        "{}",
        ran.stderr
    );
    fs::write(&configuration, text_of).unwrap();
    // The first one has noticed nothing.
    import(&federation, "second", 12);
    federation.stop(GUANGDONG);
}
