//! What the daemon logs, onto stderr: text for people, with colours only at a terminal that wants them; JSON if it is
//! configured; and with its priority before each line where stderr is the journal of the service manager.
//!
//! The priority prefix (`<4>` for a warning, sd-daemon(3)) was preferred to the journal's own protocol: it needs no
//! library and no second socket, and `journalctl -p warning` works as well.

use std::fmt;
use std::io::IsTerminal;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry, fmt as log_fmt, layer::SubscriberExt, reload};

use liveblogd::config::{LogConfig, LogFormat};
use liveblogd::daemon::is_the_journal;
use liveblogd::exit::Failure;
use liveblogd::terminal::Stderr;

/// Starts to log. Gives back what changes the level.
pub fn start(log: &LogConfig) -> Result<impl Fn(&LogConfig) -> Result<(), Failure> + use<>, Failure> {
    let (level, handle) = reload::Layer::new(log.filter()?);
    // What can't be logged is left out: saying so would panic, since it would go to stderr, too.
    let lines = log_fmt::layer().with_writer(|| Stderr).with_target(false).log_internal_errors(false);
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
    let ansi = std::io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb;
    let lines: Box<dyn Layer<_> + Send + Sync> = match log.format {
        LogFormat::Json => lines.json().with_ansi(false).boxed(),
        LogFormat::Text if is_the_journal(std::io::stderr()) => {
            // The journal has its own time, and no colours.
            let line = log_fmt::format().with_target(false).with_level(false).without_time().with_ansi(false);
            lines.with_ansi(false).fmt_fields(fields()).event_format(Prefixed(line)).boxed()
        }
        LogFormat::Text => lines.with_ansi(ansi).fmt_fields(fields()).boxed(),
    };
    tracing::subscriber::set_global_default(Registry::default().with(level).with(lines))
        .map_err(Failure::failed)?;
    Ok(move |log: &LogConfig| handle.reload(log.filter()?).map_err(Failure::failed))
}

/// What a line says, `name=value`, on one line whatever is in it: the name of a file may have line ends and escapes.
fn fields() -> impl for<'writer> FormatFields<'writer> + 'static {
    log_fmt::format::debug_fn(|writer, field, value| {
        if field.name() != "message" {
            write!(writer, "{field}=")?;
        }
        let value = format!("{value:?}").replace("\nhint: ", "; hint: ");
        for c in value.chars() {
            match c {
                c if c.is_control() => write!(writer, "{}", c.escape_default())?,
                c => writer.write_char(c)?,
            }
        }
        Ok(())
    })
    .delimited(" ")
}

/// A line behind its priority.
struct Prefixed<F>(F);

impl<S, N, F> FormatEvent<S, N> for Prefixed<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
    }
}
