//! The daemon that lives as long as the run: told to read its configuration again every few seconds, half of the time a
//! broken one, and measured: memory, descriptors, log lines.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::Stage;
use crate::proc::{Memory, cpu_of, descriptors};
use crate::random::Random;
use crate::support::{Daemon, Place};

/// How often it is measured.
const MEASURE: Duration = Duration::from_secs(5);

/// How long it may take to answer a SIGHUP, on a machine that has much else to do.
const ANSWER_MAX: Duration = Duration::from_secs(30);

pub struct Steady {
    stage: Arc<Stage>,
    random: Random,
    daemon: Daemon,
    config: PathBuf,
    good: String,
    reloads: u64,
    /// When it was told to read its configuration again, and what it must say to that.
    asked: Option<(Instant, &'static str)>,
    next_reload: Instant,
    next_measure: Instant,
    log_lines: u64,
}

impl Steady {
    pub fn start(stage: &Arc<Stage>, place: &Place) -> Steady {
        let socket = format!("unix:{}", place.dir.path().join("e.sock").display());
        Steady {
            stage: stage.clone(),
            random: stage.random(4),
            daemon: place.run_with(&["--no-stdout", "--listen", &socket]),
            config: place.config.clone(),
            good: fs::read_to_string(&place.config).expect("a configuration"),
            reloads: 0,
            asked: None,
            next_reload: Instant::now(),
            next_measure: Instant::now(),
            log_lines: 0,
        }
    }

    /// A tenth of a second of its life.
    pub fn turn(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
        self.read_log();
        let now = Instant::now();
        match self.asked {
            Some((asked, words)) if now > asked + ANSWER_MAX => {
                self.stage.report.failed("a reload wasn't answered with", words);
                self.asked = None;
            }
            None if now > self.next_reload => self.reload(),
            Some(_) | None => {}
        }
        if now > self.next_measure {
            self.next_measure = now + MEASURE;
            let pid = self.daemon.child.id();
            self.stage.report.measured(self.stage.begun.elapsed(), Memory::of(pid), descriptors(pid));
        }
    }

    fn reload(&mut self) {
        let wrong = self.reloads.is_multiple_of(2);
        let text = if wrong {
            "[drop\n".to_string()
        } else {
            self.good.replacen(
                "[drop]\n",
                &format!("[drop]\nexclude = [\"*.tmp\", \"*.{}x\"]\n", self.reloads),
                1,
            )
        };
        let new = self.config.with_extension("new");
        fs::write(&new, text).expect("written");
        fs::rename(&new, &self.config).expect("moved");
        self.daemon.signal(Signal::HUP);
        self.reloads += 1;
        self.stage.report.count(if wrong {
            "reloads, broken"
        } else {
            "reloads, sound"
        });
        self.asked = Some((
            Instant::now(),
            if wrong {
                "the old one is kept"
            } else {
                "was read again"
            },
        ));
        self.next_reload = Instant::now() + Duration::from_millis(self.random.between(500, 6_000));
    }

    fn read_log(&mut self) {
        for line in self.daemon.log.try_iter() {
            if self.asked.is_some_and(|(_, words)| line.contains(words)) {
                self.asked = None;
                continue;
            }
            self.log_lines += 1;
            if line.contains("panicked") || line.contains(" ERROR ") {
                self.stage.report.failed("the steady one logged", &line);
            } else if self.log_lines < 40 {
                eprintln!("soak: the steady one logged {line}");
            }
        }
    }

    pub fn stop(mut self) {
        self.read_log();
        fs::write(&self.config, &self.good).expect("written");
        self.stage.report.add("log lines of the steady one", self.log_lines);
        self.stage.report.add("CPU seconds of the steady one", cpu_of(self.daemon.child.id()) as u64);
        self.daemon.signal(Signal::TERM);
        let status = self.daemon.ended();
        if !status.success() {
            self.stage.report.failed("the steady one ended with", &status.to_string());
        }
    }
}
