//! Turns a directory into the kind of its file system, where that is one without events, or not all of them: what happens
//! there is found by the scan alone.

use std::path::Path;

/// File systems that say nothing of what other machines, or those below them, do, by the kernel's magic (statfs(2)).
const WITHOUT_EVENTS: [(u32, &str); 16] = [
    (0x6969, "nfs"),
    (0x517b, "smb"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x6573_5546, "fuse"),
    (0x0102_1997, "9p"),
    (0x794c_7630, "overlay"),
    (0x00c3_6400, "ceph"),
    (0x5346_414f, "afs"),
    (0x6b41_4653, "afs"),
    (0x7375_7245, "coda"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x786f_4256, "vboxsf"),
];

/// The name of a directory's file system, if it is one that has no events or not all.
pub fn without_events(directory: &Path) -> Option<&'static str> {
    // The magic is 32 bits wide; some kernels' type is signed and would extend it.
    name_of(rustix::fs::statfs(directory).ok()?.f_type as u32)
}

fn name_of(magic: u32) -> Option<&'static str> {
    WITHOUT_EVENTS.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_known_and_local_ones_are_not() {
        for (magic, name) in [
            (0x6969, "nfs"),
            (0xff53_4d42, "cifs"),
            (0x6573_5546, "fuse"),
            (0x0102_1997, "9p"),
            (0x794c_7630, "overlay"),
        ] {
            assert_eq!(name_of(magic), Some(name));
        }
        // ext4, xfs, btrfs, tmpfs, zfs, f2fs.
        for magic in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x2fc1_2fc1,
            0xf2f5_2010,
        ] {
            assert_eq!(name_of(magic), None);
        }
        let mut magics = WITHOUT_EVENTS.map(|(magic, _)| magic);
        magics.sort_unstable();
        assert!(magics.windows(2).all(|pair| pair[0] < pair[1]), "each stands there once");
        assert_eq!(without_events(Path::new("/proc")), None);
        assert_eq!(without_events(Path::new("/nonexistent")), None);
    }
}
