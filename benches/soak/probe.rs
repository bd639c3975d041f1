//! How long after it was appended an update arrives at the steady daemon's subscriber, under all the load. Each probe is
//! an update's text and the time line of the next one, so that the update is complete with it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Stage;
use crate::ledger::{day, stamp};
use crate::load::MINUTES_OF_PROBES;

/// How many probes a log has before the next one is begun: its minutes stay within the day.
const PER_LOG: u32 = 1_000;

/// Where the probes' times are taken down, ms.
#[derive(Default)]
pub struct Probe {
    sent: Mutex<HashMap<usize, (Instant, bool)>>,
    took: Mutex<[Vec<f64>; 2]>,
}

impl Probe {
    /// A probe's update has arrived.
    pub fn arrived(&self, number: usize) {
        if let Some((sent, beside_an_act)) = self.sent.lock().expect("it isn't poisoned").remove(&number) {
            let ms = sent.elapsed().as_secs_f64() * 1e3;
            self.took.lock().expect("it isn't poisoned")[usize::from(beside_an_act)].push(ms);
        }
    }
}

pub fn start(stage: &Arc<Stage>, probe: &Arc<Probe>, drop: &Path) -> JoinHandle<()> {
    let (stage, probe, drop) = (stage.clone(), probe.clone(), drop.to_path_buf());
    std::thread::spawn(move || {
        let mut random = stage.random(3);
        let mut minute = MINUTES_OF_PROBES;
        while stage.goes_on() {
            let path = drop.join(format!("{}-probe.log", day(minute)));
            let mut log = File::options().create(true).append(true).open(&path).expect("a log can be made");
            log.write_all(stamp(minute).as_bytes()).expect("it can be written");
            let mut numbers = Vec::new();
            for at in 0..PER_LOG {
                if !stage.goes_on() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(random.between(50, 250)));
                let number = stage.ledger.write(minute + at);
                numbers.push(number);
                let (headline, body) = (stage.ledger.headline(number), stage.ledger.body(number));
                let text = format!("{headline}\n{body}\n{}", stamp(minute + at + 1));
                let sent = (Instant::now(), stage.report.is_acting());
                probe.sent.lock().expect("it isn't poisoned").insert(number, sent);
                log.write_all(text.as_bytes()).expect("it can be written");
            }
            minute += 1_440;
            // Its last update is whole with the time line below it.
            while stage.goes_on() && !stage.ledger.all_saw(&numbers) {
                std::thread::sleep(Duration::from_millis(200));
            }
            if stage.ledger.all_saw(&numbers) {
                std::fs::remove_file(&path).expect("it is still there");
            }
        }
        let [alone, beside_an_act] = std::mem::take(&mut *probe.took.lock().expect("it isn't poisoned"));
        stage.report.latency(alone, beside_an_act);
    })
}
