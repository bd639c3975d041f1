//! A small disk that is filled and freed again and again, with a kill while it is full in every other time.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::{Sizes, head, is_exact, status, update, wait};
use crate::Stage;
use crate::support::{Place, not_tested};

/// How many updates come while it is full.
const UPDATES: usize = 40;

const HEALS_WITHIN: Duration = Duration::from_secs(60);

struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path) -> Option<Tmpfs> {
        fs::create_dir_all(at).expect("a directory");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs"]).arg(at).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Tmpfs(at.into()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

pub fn filled_and_freed(stage: &Stage, sizes: Sizes) -> String {
    let place = Place::new();
    let Some(_disk) = Tmpfs::mount(&place.state) else {
        not_tested("full disks: this user may not mount a tmpfs");
        return "NOT TESTED: this user may not mount a tmpfs".into();
    };
    let ballast = place.state.join("ballast");
    let mut daemon = place.run_with(&["--no-stdout"]);
    let mut count = 0;
    let mut lines = 0;
    for filling in 0..sizes.fillings {
        let mut file = File::create(&ballast).expect("a file");
        while file.write_all(&[0; 1_024]).is_ok() {}
        let more = count..count + UPDATES;
        count = more.end;
        place.append("2024-03-06.log", more.map(update).collect::<String>());
        wait("the disk is full", HEALS_WITHIN, || {
            status(&place)["degraded"].as_array().is_some_and(|why| !why.is_empty())
        });
        lines += daemon.log.try_iter().count();
        let killed = filling % 2 == 1;
        if killed {
            daemon.signal(Signal::KILL);
            daemon.ended();
        }
        drop(file);
        fs::remove_file(&ballast).expect("removed");
        if killed {
            daemon = place.run_with(&["--no-stdout"]);
        }
        wait("all is said", HEALS_WITHIN, || head(&place) >= count);
        stage.report.count("full disks");
    }
    wait("it is well again", HEALS_WITHIN, || {
        status(&place)["degraded"].as_array().is_some_and(Vec::is_empty)
    });
    lines += daemon.log.try_iter().count();
    daemon.stop();
    is_exact(&place, count);
    format!("4 MiB filled and freed {} times, {count} updates, {lines} log lines", sizes.fillings)
}
