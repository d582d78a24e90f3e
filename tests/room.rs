//! Room on the disk: a full one keeps no node from starting and answering, and no chain of another region fills it.

use crate::support::{self, Federation, SECOND_LOOK, contributions, eventually};
use std::{fs, path::Path, process::Command, thread::sleep, time::Duration};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";

/// Mounts a small disk; false if this user may not.
fn mount(folder: &Path, size: &str) -> bool {
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", size, "tmpfs"])
        .arg(folder)
        .output();
    let is_mounted = mounted.is_ok_and(|output| output.status.success());
    if !is_mounted {
        assert!(
            std::env::var_os("YIZHANG_NO_SKIPS").is_none(),
            "YIZHANG_NO_SKIPS is set, and this test cannot run here: it mounts a small tmpfs"
        );
        println!("skipped: this test mounts a small tmpfs, which this user may not");
    }
    is_mounted
}

fn unmount(folder: &Path) {
    let ended = Command::new("umount").arg("-l").arg(folder).status();
    assert!(ended.unwrap().success());
}

fn import(federation: &Federation, region: u32, serial: &str, months: u32) -> support::Ran {
    let rows = contributions(WORKER, region + 100, months, serial);
    let file = federation.file(&format!("{serial}.csv"), &rows);
    federation.import(region, &file, &[])
}

/// Leaves so much of the disk that the node has something to say about it, and then all of it again.
fn says_what_is_left(federation: &Federation, data: &Path) {
    const MIB: u64 = 1_024 * 1_024;
    let ballast = data.join("some ballast");
    for (left_mib, code, words) in [
        (19, "little", "getting short"),
        (12, "own-only", "not fetched any further"),
    ] {
        let disk = rustix::fs::statvfs(data).unwrap();
        let held = fs::metadata(&ballast).map_or(0, |file| file.len());
        let free = disk.f_bavail * disk.f_frsize + held;
        let bytes = usize::try_from(free - left_mib * MIB).unwrap();
        fs::write(&ballast, vec![7; bytes]).unwrap();
        eventually("the node says what is left", || {
            federation.status(GUANGDONG).unwrap()["room_code"] == code
        });
        let ran = support::run(&[
            "node",
            "status",
            "--lang",
            "en",
            "--node",
            "440000",
            "--credentials",
            &federation.agency(GUANGDONG),
        ]);
        // The chain of a federation of one has nobody to share it.
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert!(ran.stdout.contains(words), "{}", ran.stdout);
    }
    fs::remove_file(&ballast).unwrap();
    eventually("there is room again", || {
        federation.status(GUANGDONG).unwrap()["room_code"] == ""
    });
}

#[test]
fn a_full_disk_keeps_a_node_neither_from_starting_nor_from_answering() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let data = federation.node_dir(GUANGDONG).join("data");
    fs::create_dir(&data).unwrap();
    if !mount(&data, "size=64m") {
        return;
    }
    federation.start_all();
    import(&federation, GUANGDONG, "A", 9).expect(0);
    let mut account = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;

    assert_eq!(federation.status(GUANGDONG).unwrap()["room_code"], "");
    says_what_is_left(&federation, &data);
    let ballast = data.join("ballast");
    assert!(fs::write(&ballast, vec![7; 80 * 1_024 * 1_024]).is_err());
    eventually("the node sees that its disk is full", || {
        federation.log(GUANGDONG).contains("the disk is full")
    });
    let refused = import(&federation, GUANGDONG, "B", 9);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("disk of the node is full"),
        "{}",
        refused.stderr
    );
    let answer = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
    assert_eq!(answer, account);
    let status = federation.status(GUANGDONG).unwrap();
    assert_eq!(status["not_ready_code"], "disk-full");
    assert_eq!(status["room_code"], "full");

    for _ in 0..2 {
        federation.kill(GUANGDONG);
        federation.start(GUANGDONG);
        federation.wait_for_start(GUANGDONG);
        let answer = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
        assert_eq!(answer, account);
        // On so small a disk, what was given up at the start may be room enough for a while: the node says which.
        let status = federation.status(GUANGDONG).unwrap();
        let is_full = status["not_ready_code"] == "disk-full";
        let refused = import(&federation, GUANGDONG, "C", 9).code != 0;
        assert!(refused || !is_full, "{status}");
        account = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
    }

    fs::remove_file(&ballast).unwrap();
    federation.wait_ready(GUANGDONG);
    import(&federation, GUANGDONG, "D", 9).expect(0);
    federation.stop(GUANGDONG);
    unmount(&data);
}

#[test]
fn the_chain_of_another_region_takes_no_more_than_its_part() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let configuration = federation.node_dir(GUANGDONG).join("node.toml");
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, format!("mirror_mib_max = 0\n{text}")).unwrap();
    federation.start_all();
    import(&federation, GUIZHOU, "A", 9).expect(0);
    eventually("the part of the chain is used up", || {
        let log = federation.log(GUANGDONG);
        log.lines()
            .any(|line| line.contains("its part of the disk") && line.contains("520000"))
    });
    sleep(10 * SECOND_LOOK);
    let held = federation.size(GUANGDONG, GUIZHOU);
    import(&federation, GUIZHOU, "B", 9).expect(0);
    sleep(Duration::from_secs(3));
    assert_eq!(federation.size(GUANGDONG, GUIZHOU), held);
    assert!(federation.size(GUIZHOU, GUIZHOU) > held);
    import(&federation, GUANGDONG, "C", 9).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
}
