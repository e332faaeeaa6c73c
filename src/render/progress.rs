//! How far a running statement is: a bar, and a line beside it with what is done of what, how fast
//! and how long it will take.

use std::fmt::Write as _;

use super::html::escape;
use crate::outcome::{Progress, Unit, grouped, rows};
use crate::printable::printable;

/// "copying books.csv: 40,000 of 100,000 rows, 20,000 rows/s, 3 s left"
pub(super) fn text(progress: &Progress) -> String {
    let Progress { doing, count, total, unit, share, ms, is_running } = progress;
    let mut out = printable(doing);
    let _ = match (unit, total) {
        (Unit::Nothing, _) => Ok(()),
        (Unit::Percent, _) => write!(out, ": {count} %"),
        (Unit::Rows, Some(total)) => write!(out, ": {} of {}", grouped(*count), rows(*total)),
        (Unit::Rows, None) => write!(out, ": {}", rows(*count)),
    };
    if !is_running || *unit == Unit::Nothing || *count == 0 || *ms < 1.0 {
        return out;
    }
    let each_second = *count as f64 / (ms / 1000.0);
    if *unit == Unit::Rows {
        let _ = write!(out, ", {} rows/s", grouped(each_second.round() as u64));
    }
    if let Some(share) = share.filter(|share| *share > 0.0 && *share < 1.0) {
        let _ = write!(out, ", {} left", duration(ms / 1000.0 * (1.0 - share) / share));
    }
    out
}

/// That line with a bar; one that is not running has none.
pub(super) fn html(progress: &Progress, line: &str) -> String {
    let line = escape(line);
    let label = escape(&printable(&progress.doing));
    let bar = match progress.share {
        _ if !progress.is_running => String::new(),
        Some(share) => format!(
            "<progress aria-label=\"{label}\" max=\"100\" value=\"{:.1}\"></progress> ",
            share.clamp(0.0, 1.0) * 100.0
        ),
        None => format!("<progress aria-label=\"{label}\"></progress> "),
    };
    format!("<p class=\"milvus-progress\" style=\"margin:0;opacity:.75\">{bar}{line}</p>")
}

/// "3 s", "2 min 5 s", "1 h 20 min": what is left is known no better.
fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(progress: &Progress) -> String {
        super::html(progress, &text(progress))
    }

    fn copying() -> Progress {
        Progress {
            doing: "copying <b>.csv".to_string(),
            count: 40_000,
            total: Some(100_000),
            unit: Unit::Rows,
            share: Some(0.4),
            ms: 2_000.0,
            is_running: true,
        }
    }

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        let all = text(&copying());
        assert_eq!(all, "copying <b>.csv: 40,000 of 100,000 rows, 20,000 rows/s, 3 s left");
        let read = text(&Progress { total: None, ..copying() });
        assert_eq!(read, "copying <b>.csv: 40,000 rows, 20,000 rows/s, 3 s left");
        let open = text(&Progress { total: None, share: None, ..copying() });
        assert_eq!(open, "copying <b>.csv: 40,000 rows, 20,000 rows/s");
        let over = text(&Progress { is_running: false, ..copying() });
        assert_eq!(over, "copying <b>.csv: 40,000 of 100,000 rows");
        let loading = Progress { count: 25, share: Some(0.25), unit: Unit::Percent, ..copying() };
        assert_eq!(text(&loading), "copying <b>.csv: 25 %, 6 s left");
        let all = Progress { count: 100, share: Some(1.0), ..loading.clone() };
        assert_eq!(text(&all), "copying <b>.csv: 100 %");
        assert_eq!(
            text(&Progress { count: 0, share: Some(0.0), ..loading.clone() }),
            "copying <b>.csv: 0 %"
        );
        assert_eq!(text(&Progress { unit: Unit::Nothing, ..loading }), "copying <b>.csv");
    }

    #[test]
    fn a_bar_is_as_long_as_what_is_done_and_escapes_names() {
        let bar = html(&copying());
        assert!(bar.contains("max=\"100\" value=\"40.0\""), "{bar}");
        assert!(!bar.contains("<b>"), "{bar}");
        let open = html(&Progress { share: None, ..copying() });
        assert!(open.contains("<progress aria-label") && !open.contains("max="), "{open}");
        let over = html(&Progress { is_running: false, ..copying() });
        assert!(!over.contains("<progress"), "{over}");
        let beyond = html(&Progress { share: Some(1.5), ..copying() });
        assert!(beyond.contains("value=\"100.0\""), "{beyond}");
    }

    #[test]
    fn time_is_told_in_two_units_at_the_most() {
        for (seconds, told) in
            [(0.2, "1 s"), (59.0, "59 s"), (125.0, "2 min 5 s"), (4_800.0, "1 h 20 min")]
        {
            assert_eq!(duration(seconds), told);
        }
    }
}
