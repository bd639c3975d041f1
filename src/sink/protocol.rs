//! What a client says, one line a command, and the lines it is answered with. Pure: no socket, no journal file.

use std::time::Duration;

use serde_json::json;

use crate::journal::Head;
use crate::model::json::escape_more_controls;

/// The longest command line, bytes without its `\n`: the longest cursor is a thirtieth of it.
pub const COMMAND_BYTES_MAX: usize = 1_024;

/// The longest heartbeat, s: no proxy keeps a silent connection for longer than an hour.
const HEARTBEAT_S_MAX: u64 = 3_600;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Every event after this place, then live.
    After(Place),
    /// Every event after this place up to the head, then the end.
    Dump(Place),
    /// Whether anyone is there.
    Ping,
    /// An empty line whenever nothing was sent for this long.
    Heartbeat(Duration),
}

/// A place in the journal, as a client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The head.
    Now,
    /// Before everything.
    Beginning,
    /// After this event, of this journal if one was named.
    Event {
        /// The journal's id.
        journal: Option<String>,
        /// The event.
        seq: u64,
        /// As it was written.
        written: String,
    },
}

/// Reads a command line without its `\n`. `Ok(None)` is an empty line, which asks for nothing.
pub fn parse(line: &[u8]) -> Result<Option<Command>, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "a command is UTF-8 text")?;
    let mut words = line.split_ascii_whitespace();
    let Some(verb) = words.next() else {
        return Ok(None);
    };
    let command = match (verb, words.next(), words.next()) {
        ("AFTER", Some("now"), None) => Command::After(Place::Now),
        ("AFTER", Some(place), None) => Command::After(event(place)?),
        ("DUMP", Some(place), None) => Command::Dump(event(place)?),
        ("PING", None, None) => Command::Ping,
        ("HEARTBEAT", Some(seconds), None) => {
            let seconds = seconds.parse().ok().filter(|seconds| (1..=HEARTBEAT_S_MAX).contains(seconds));
            Command::Heartbeat(Duration::from_secs(seconds.ok_or("HEARTBEAT takes 1 to 3600 seconds")?))
        }
        ("AFTER" | "DUMP" | "PING" | "HEARTBEAT", _, _) => {
            return Err(
                "wrong arguments: AFTER cursor|seq|0|now, DUMP cursor|seq|0, PING, HEARTBEAT seconds",
            );
        }
        _ => return Err("unknown command: there are AFTER, DUMP, PING and HEARTBEAT"),
    };
    Ok(Some(command))
}

fn event(written: &str) -> Result<Place, &'static str> {
    let (journal, seq) = match written.split_once(':') {
        Some((journal, seq)) => (Some(journal.to_string()), seq),
        None => (None, written),
    };
    let digits = !seq.is_empty() && seq.bytes().all(|b| b.is_ascii_digit());
    if !digits || journal.as_deref() == Some("") {
        return Err("no cursor: a cursor is that of an event, or a seq; 0 is the beginning");
    }
    // A number past all seqs is only ahead, like any other that is too large.
    let seq = seq.parse().unwrap_or(u64::MAX);
    if journal.is_none() && seq == 0 {
        return Ok(Place::Beginning);
    }
    Ok(Place::Event { journal, seq, written: written.into() })
}

/// Where a client goes on, and why not where it wanted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// It gets what comes after this event.
    pub after: u64,
    /// The reason, and the cursor as it was written.
    pub gap: Option<(&'static str, String)>,
}

/// Finds a place in the journal that ends at `head`.
pub fn start(place: &Place, head: &Head) -> Start {
    let before_oldest = head.oldest.first_seq().saturating_sub(1);
    let gap =
        |reason, written: &str| Start { after: before_oldest, gap: Some((reason, written.to_string())) };
    match place {
        Place::Now => Start { after: head.seq, gap: None },
        Place::Beginning => Start { after: before_oldest, gap: None },
        Place::Event { journal: Some(journal), written, .. } if **journal != *head.journal => {
            gap("unknown_journal", written)
        }
        Place::Event { seq, written, .. } if *seq > head.seq => gap("ahead", written),
        Place::Event { seq, written, .. } if *seq < before_oldest => expired(written.clone(), *seq, head),
        Place::Event { seq, .. } => Start { after: *seq, gap: None },
    }
}

/// What comes of a place, after `seq`, whose events were retired or whose segment was taken away.
pub fn expired(requested: String, seq: u64, head: &Head) -> Start {
    Start {
        after: seq.max(head.oldest.first_seq().saturating_sub(1)),
        gap: Some(("expired", requested)),
    }
}

/// `ok`, or `gap` with its reason.
pub fn started(start: &Start, head: &Head) -> Vec<u8> {
    let Head { journal, seq, oldest, .. } = head;
    let after = start.after;
    let reply = match &start.gap {
        None => {
            format!(
                r#"{{"liveblogd":"ok","journal":"{journal}","after":{after},"head":{seq},"oldest":{oldest}}}"#
            )
        }
        Some((reason, requested)) => format!(
            r#"{{"liveblogd":"gap","reason":"{reason}","requested":{},"journal":"{journal}","after":{after},"head":{seq},"oldest":{oldest}}}"#,
            json!(requested)
        ),
    };
    line(reply)
}

/// The answer to `PING`.
pub fn pong(head: &Head) -> Vec<u8> {
    line(format!(r#"{{"liveblogd":"pong","journal":"{}","head":{}}}"#, head.journal, head.seq))
}

/// What is wrong. Never a path: a client may be anyone.
pub fn error(message: &str) -> Vec<u8> {
    line(format!(r#"{{"liveblogd":"error","message":{}}}"#, json!(message)))
}

/// The last line before the daemon stops.
pub fn bye() -> Vec<u8> {
    line(r#"{"liveblogd":"bye","reason":"shutdown"}"#.into())
}

fn line(mut reply: String) -> Vec<u8> {
    reply.push('\n');
    let mut line = reply.into_bytes();
    // Of the place that was asked for.
    escape_more_controls(&mut line, 0);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Oldest;

    fn head() -> Head {
        Head { journal: "k3v9x2qa".into(), seq: 16, segment: 5, length_bytes: 1, oldest: Oldest::new(5) }
    }

    fn reply(command: &str) -> String {
        let Ok(Some(Command::After(place))) = parse(command.as_bytes()) else {
            panic!("no AFTER: {command}")
        };
        String::from_utf8(started(&start(&place, &head()), &head())).expect("UTF-8")
    }

    #[test]
    fn a_cursor_is_answered_as_documented() {
        let ok = "{\"liveblogd\":\"ok\",\"journal\":\"k3v9x2qa\",\"after\":14,\"head\":16,\"oldest\":5}\n";
        assert_eq!(reply("AFTER 14"), ok);
        assert_eq!(reply("AFTER k3v9x2qa:14\r"), ok);
        assert!(reply("AFTER now").contains(r#""ok","journal":"k3v9x2qa","after":16,"#));
        assert!(reply("AFTER 0").contains(r#""ok","journal":"k3v9x2qa","after":4,"#));
        assert!(reply("AFTER 4").contains(r#""liveblogd":"ok""#));
    }

    #[test]
    fn what_is_not_there_is_a_gap_that_goes_on_with_the_oldest() {
        for (place, reason) in [
            ("3", "expired"),
            ("17", "ahead"),
            ("zzzzzzzz:14", "unknown_journal"),
            ("99999999999999999999999", "ahead"),
        ] {
            assert_eq!(
                reply(&format!("AFTER {place}")),
                format!(
                    "{{\"liveblogd\":\"gap\",\"reason\":\"{reason}\",\"requested\":\"{place}\",\"journal\":\"k3v9x2qa\",\"after\":4,\"head\":16,\"oldest\":5}}\n"
                )
            );
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for line in [
            "after 1",
            "AFTER",
            "AFTER x",
            "AFTER -1",
            "AFTER 1 2",
            "DUMP now",
            "HEARTBEAT 0",
            "HEARTBEAT 3601",
            "PING x",
            "\u{1}",
        ] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(parse(b"\xff").is_err());
        assert_eq!(parse(b"\r"), Ok(None));
        assert_eq!(parse(b"HEARTBEAT 3600"), Ok(Some(Command::Heartbeat(Duration::from_secs(3_600)))));
    }
}
